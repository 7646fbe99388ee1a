import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseJsonOr, parseOr } from '../../model/parse.ts';

const schema = z.strictObject({ list: z.array(z.strictObject({ size: z.enum(['small', 'large']) })) });

describe('parsing what came from outside', () => {
  it('says where the mistake is, what was found and what is allowed', () => {
    const parse = () => parseOr('RequestInvalid', 'The request', schema, { list: [{ size: 'small' }, { size: 'huge' }] });

    expect(parse).toThrow(/^The request is not valid: list\.1\.size: .*expected one of "small"\|"large" \(found "huge"\)/);
  });

  it('names an unknown key and the keys that are allowed', () => {
    const parse = () => parseOr('RequestInvalid', 'The request', schema, { list: [{ size: 'small', colour: 'red' }] });

    expect(parse).toThrow('list.0: Unrecognized key: colour; allowed are size');
  });

  it('names every mistake, not only the first', () => {
    const parse = () => parseOr('RequestInvalid', 'The request', schema, { list: [{ size: 1 }], more: true });

    expect(parse).toThrow(/list\.0\.size: .*; the whole: Unrecognized key: more/);
  });

  it.each([null, [], 'text', undefined])('refuses %j where an object is expected', (value) => {
    expect(() => parseOr('RequestInvalid', 'The request', schema, value)).toThrow('the whole: Invalid input: expected object');
  });

  it('shortens what was found, so that a large value does not hide the message', () => {
    const parse = () => parseOr('RequestInvalid', 'The request', schema, { list: [{ size: 'x'.repeat(10_000) }] });

    expect(parse).toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,300}$/) }));
  });

  it('throws the error that it was told to name', () => {
    expect(() => parseOr('NodeOutputInvalid', 'The answer', schema, 1)).toThrow(expect.objectContaining({ name: 'NodeOutputInvalid' }));
  });

  it('throws the named error for text that is not JSON, with the cause', () => {
    const parse = () => parseJsonOr('ManifestUnsupported', 'The manifest', schema, '{"list":');

    expect(parse).toThrow(
      expect.objectContaining({
        name: 'ManifestUnsupported',
        message: expect.stringContaining('not JSON'),
        cause: expect.any(SyntaxError),
      }),
    );
  });

  it('returns what the schema makes of valid JSON', () => {
    expect(parseJsonOr('RequestInvalid', 'The request', schema, '{"list":[{"size":"small"}]}')).toEqual({ list: [{ size: 'small' }] });
  });
});

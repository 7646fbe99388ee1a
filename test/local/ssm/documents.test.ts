import { describe, expect, it } from 'vitest';
import { loadDocument, render } from '../../../local/ssm/documents.ts';
import { givenDocument } from './given.ts';

describe('a document', () => {
  it('becomes a script, its variables and a timeout', () => {
    const document = loadDocument(
      givenDocument(['echo "$SSM_id"', 'true'], { id: { allowedPattern: '^[0-9]+$' }, mode: { default: 'slow' } }, 300),
    );

    const rendered = render(document, { id: ['42'] });

    expect(rendered).toEqual({
      step: 'run',
      script: 'echo "$SSM_id"\ntrue\n',
      environment: { SSM_id: '42', SSM_mode: 'slow' },
      timeoutSeconds: 300,
    });
  });

  it('can take its timeout from a parameter that is no variable', () => {
    const parameters = { executionTimeout: { interpolationType: undefined, default: '7200' } };
    const document = loadDocument(givenDocument(['true'], parameters, '{{ executionTimeout }}'));

    expect(render(document, {})).toMatchObject({ timeoutSeconds: 7200, environment: {} });
    expect(() => render(document, { executionTimeout: ['4'] })).toThrow('from 5 to 172800');
  });

  it.each([
    [['0123', 'x'], undefined],
    [['x'], 'must be one of a, b'],
    [['a'], undefined],
  ])('accepts only allowed values: %j', (values, message = 'takes one value') => {
    const document = loadDocument(givenDocument(['true'], { letter: { allowedValues: ['a', 'b'] } }));

    const rendering = () => render(document, { letter: values });

    if (values[0] === 'a') expect(rendering().environment).toEqual({ SSM_letter: 'a' });
    else expect(rendering).toThrow(message);
  });

  it.each([
    ['{{ }} in its script', givenDocument(['echo {{ id }}'], { id: {} })],
    ['a timeout that the agent would replace', givenDocument(['true'], {}, 200_000)],
    ['a parameter that is not a String', givenDocument(['true'], { id: { type: 'StringList' } })],
    ['a limit that is not checked here', givenDocument(['true'], { id: { maxChars: 3 } })],
    ['more than 64 KB', givenDocument(['#'.repeat(70_000)])],
  ])('is refused, by its name, with %s', (_, document) => {
    expect(() => loadDocument(document)).toThrow('The SSM document step is not supported');
  });
});

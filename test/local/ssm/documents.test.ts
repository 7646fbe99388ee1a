import { describe, expect, it } from 'vitest';
import { loadDocument, render } from '../../../local/ssm/documents.ts';
import { givenDocument } from './given.ts';

describe('a document', () => {
  it('becomes a script, its variables and a timeout', () => {
    const document = loadDocument(
      givenDocument(['echo "$SSM_id"', 'true'], { id: { allowedPattern: '^[0-9]+$' }, mode: { default: 'slow' } }, 300),
    );

    const rendered = render(document, { id: ['42'] });

    expect(rendered).toMatchObject({ step: 'run', timeoutSeconds: 300 });
    expect(rendered.forAgent('3.3.2746.0')).toEqual({
      script: 'echo "$SSM_id"\ntrue\n',
      environment: { SSM_id: '42', SSM_mode: 'slow' },
    });
  });

  it('can take its timeout from a parameter that is no variable', () => {
    const parameters = { executionTimeout: { interpolationType: undefined, default: '7200' } };
    const document = loadDocument(givenDocument(['true'], parameters, '{{ executionTimeout }}'));

    expect(render(document, {})).toMatchObject({ timeoutSeconds: 7200 });
    expect(() => render(document, { executionTimeout: ['4'] })).toThrow('from 5 to 172800');
  });

  it.each([
    [['0123', 'x'], undefined],
    [['x'], 'must be one of a, b'],
    [['a'], undefined],
  ])('accepts only allowed values: %j', (values, message = 'takes one value') => {
    const document = loadDocument(givenDocument(['true'], { letter: { allowedValues: ['a', 'b'] } }));

    const rendering = () => render(document, { letter: values });

    if (values[0] === 'a') expect(rendering().forAgent('3.3.2746.0').environment).toEqual({ SSM_letter: 'a' });
    else expect(rendering).toThrow(message);
  });

  describe('with references in its script', () => {
    const lines = ['{{ word }}', 'echo "{{word}} {{plain}}" {{  word  }}'];
    const document = loadDocument(givenDocument(lines, { word: {}, plain: { interpolationType: undefined } }));
    const rendered = render(document, { word: ['hello'], plain: ['there'] });

    it.each(['3.3.2745.9', '3.2.9999.0', '2.3.1644.0', '3.3.274'])(
      'has every value in its text, and no variables, on agent %s',
      (version) => {
        expect(rendered.forAgent(version)).toEqual({ script: 'hello\necho "hello there" hello\n', environment: {} });
      },
    );

    it.each(['3.3.2746.0', '3.3.2746', '3.3.10000.0', '3.10.0.0', '4.0.0.0'])(
      'keeps those of variables as they are on agent %s',
      (version) => {
        const script = '{{ word }}\necho "{{word}} there" {{  word  }}\n';

        expect(rendered.forAgent(version)).toEqual({ script, environment: { SSM_word: 'hello' } });
      },
    );

    it('does not put in a value that an old agent would change', () => {
      const changed = render(document, { word: ['$HOME'], plain: ['there'] });

      expect(() => changed.forAgent('3.2.0.0')).toThrow('would expand the $');
    });
  });

  it.each([
    ['a reference to no parameter in its script', givenDocument(['echo {{ di }}'], { id: {} })],
    ['a reference to another service in its script', givenDocument(['echo {{ssm:id}}'], { id: {} })],
    ['a timeout that refers to no parameter', givenDocument(['true'], { id: {} }, '{{ di }}')],
    ['a timeout that refers to a variable', givenDocument(['true'], { seconds: {} }, '{{ seconds }}')],
    ['a timeout that the agent would replace', givenDocument(['true'], {}, 200_000)],
    ['a parameter that is not a String', givenDocument(['true'], { id: { type: 'StringList' } })],
    ['a limit that is not checked here', givenDocument(['true'], { id: { maxChars: 3 } })],
    ['more than 64 KB', givenDocument(['#'.repeat(70_000)])],
  ])('is refused, by its name, with %s', (_, document) => {
    expect(() => loadDocument(document)).toThrow('The SSM document step is not supported');
  });
});

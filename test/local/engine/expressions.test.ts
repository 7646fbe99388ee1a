import { describe, expect, it } from 'vitest';
import { checkTemplate, evaluateTemplate } from '../../../local/engine/expressions.ts';

const noon = Date.UTC(2025, 0, 1, 12);
const evaluate = (value: unknown, bindings: object = {}) => evaluateTemplate(value, 'Output', bindings, noon);

describe('evaluateTemplate', () => {
  it('replaces expressions at every depth and leaves other values alone', async () => {
    const value = { a: ['{% $x %}', '$x', 1, null, true], b: { c: '{%$x%}' } };

    expect(await evaluate(value, { x: { y: 1 } })).toEqual({ a: [{ y: 1 }, '$x', 1, null, true], b: { c: { y: 1 } } });
  });

  it('gives copies that a later change of the variables does not reach', async () => {
    const x = [{ y: 1 }];

    const result = await evaluate('{% $x %}', { x });
    x.push({ y: 2 });

    expect(result).toEqual([{ y: 1 }]);
  });

  it.each([
    ['$now()', '2025-01-01T12:00:00.000Z'],
    ['$millis()', noon],
    ['[$millis()][0] - $toMillis("2025-01-01T11:59:59Z")', 1000],
  ])("reads the engine's clock in %s", async (text, expected) => {
    expect(await evaluate(`{% ${text} %}`)).toBe(expected);
  });

  it.each([
    ['$x.nothing', 'returned nothing (undefined)'],
    ["'a' + 1", 'must evaluate to a number'],
    ['function($v){$v}', 'returned a function'],
    ['{"f": $string}', 'returned a function'],
    ['1 / 0', 'returned Infinity'],
    ['$error("stop")', 'stop'],
  ])('fails, naming the field and the expression, for %s', async (text, message) => {
    const evaluation = evaluate({ a: `{% ${text} %}` }, { x: {} });

    await expect(evaluation).rejects.toMatchObject({ name: 'ExpressionError', location: 'Output/a' });
    await expect(evaluation).rejects.toThrow(`Field 'Output/a': the expression '${text}' failed: `);
    await expect(evaluation).rejects.toThrow(message);
  });
});

describe('checkTemplate', () => {
  const check = (text: string) => () => checkTemplate({ a: `{% ${text} %}` }, 'Output', ['input', 'context']);

  it.each([
    ['$states.input.a.b[c = 1].{"d": e}'],
    ['$map($states.input.list, function($v, $i) { $v.name & $i })'],
    ['($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(5))'],
    ['$x ~> $sum'],
    ['$x ~> $map(function($v) { $v })'],
    ['$x[$.a > 1]^(>b).c'],
    ['$x{key: value}'],
    ['$x ~> |a|{"b": c}|'],
    ['$x#$i.{"i": $i}'],
    ['$x@$v.{"a": $v.b}'],
    ['$states.context.Execution.Input.anything.below'],
    ['$exists($notAssignedYet)'],
    ['[1..$count($x)]'],
    ['$substring(?, 0, 5)'],
    ['$match($x, /a/)'],
  ])('accepts %s', (text) => {
    expect(check(text)).not.toThrow();
  });

  it.each([
    ['$eval("1")', '$eval is not supported'],
    ['$map($x, $eval)', '$eval is not supported'],
    ['$sfn($x)', 'function $sfn is not supported'],
    ['$x ~> $none', 'function $none is not supported'],
    ['$none(?, 1)', 'function $none is not supported'],
    ['$now("[Y]")', '$now with a picture is not supported'],
    ['name', '"name" has no context'],
    ['$x + name', '"name" has no context'],
    ['$map($x, function($v) { name })', '"name" has no context'],
    ['{"a": name}', '"name" has no context'],
    ['[name]', '"name" has no context'],
    ['$states.input.a = name', '"name" has no context'],
    ['*', '"*" has no context'],
    ['$', '"$" has no context'],
    ['$.a', '"$" has no context'],
    ['$$.a', '"$$" is not supported'],
    ['$x[$$.a]', '"$$" is not supported'],
    ['$states', 'name one of $states.input, $states.context'],
    ['$states.inptu', '$states.inptu is not available here'],
    ['$states[$eval("1")].input', '$eval is not supported'],
    ['$x[a = $states.result]', '$states.result is not available here'],
    ['$states.context', '$states.context.undefined.undefined is not supported'],
    ['$states.context.Execution.RoleArn', '$states.context.Execution.RoleArn is not supported'],
    ['$states.context.Task.Token', '$states.context.Task.Token is not supported'],
    ['1 +', 'Unexpected end of expression'],
  ])('refuses %s', (text, message) => {
    expect(check(text)).toThrow(`field "Output/a": expression ${text}: `);
    expect(check(text)).toThrow(message);
  });

  it.each([[' {% $x %}'], ['{% $x %} '], ['Hello {% $x %}'], ['{% $x']])(
    'refuses an expression that does not fill its string: %j',
    (text) => {
      expect(() => checkTemplate(text, 'Cause', [])).toThrow('field "Cause": {% %} must enclose the whole string');
    },
  );
});

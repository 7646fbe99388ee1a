import { expect, it } from 'vitest';
import { evaluateTemplate } from '../../../local/engine/expressions.ts';

const evaluate = (text: string) => evaluateTemplate(`{% ${text} %}`, 'Output', {}, 0);

it.each([
  ['$partition([1, 2, 3, 4, 5], 2)', [[1, 2], [3, 4], [5]]],
  ['$partition([0], 5)', [[0]]],
  ['$range(0, 9, 3)', [0, 3, 6, 9]],
  ['$range(0, 10, 3)', [0, 3, 6, 9]],
  ['$range(1, 9, 9)', 1],
  ['$range(5, 1, -2)', [5, 3, 1]],
  ['$range(2, 1, 1)', []],
  ["$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
  ["$hash('abc', 'SHA-1')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ["$hash('abc', 'SHA-256')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ["$length($hash('abc', 'SHA-384'))", 96],
  ["$length($hash('abc', 'SHA-512'))", 128],
  ['$random(7) = $random(7)', true],
  ['$random(7) = $random(8)', false],
  ['$random() = $random()', false],
  ['$uuid() = $uuid()', false],
  ['$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/).index', 0],
  ['$parse(\'{"a": [1, null]}\').a', [1, null]],
])('%s is %j', async (text, expected) => {
  expect(await evaluate(text)).toEqual(expected);
});

it.each([
  ['$partition([], 2)', 'the array is empty'],
  ['$partition([1], 0)', 'positive integer'],
  ['$range(0, 1, 0)', 'the step not 0'],
  ['$range(0, 1.5, 1)', 'three integers'],
  ["$hash('abc', 'SHA256')", 'the algorithm must be one of MD5, SHA-1'],
  ["$hash(1, 'MD5')", 'does not match function signature'],
  ["$parse('{')", 'JSON'],
])('%s fails: %s', async (text, message) => {
  await expect(evaluate(text)).rejects.toThrow(message);
});

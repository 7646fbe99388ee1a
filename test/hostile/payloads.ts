import fc from 'fast-check';

/** What a shell, a path, SQL, JSON or a regular expression might take for more than text. None may contain a NUL: no environment holds one. */
export const payloads: readonly string[] = [
  '$(touch owned)',
  '`touch owned`',
  '; touch owned',
  '&& touch owned',
  '| touch owned',
  "'; touch owned; '",
  '"; touch owned; "',
  'x[$(touch owned)]',
  '$((x[$(touch owned)]))',
  '<(touch owned)',
  '> owned',
  '${IFS}',
  '{{ backupId }}',
  '%s%n%0a',
  '\\',
  'a\nb',
  'a\r\nb',
  '\t',
  '\u0001',
  '\u007f',
  '*',
  '~root',
  '../../etc/passwd',
  '/etc/passwd',
  '/srv/../etc/passwd',
  '..',
  'other/backups/263261030',
  's3://other-bucket/x',
  '-rf',
  '--help',
  '--endpoint-url=http://127.0.0.1:9',
  '--result-file=owned',
  '-1',
  '0x10',
  '1e400',
  '1e9',
  '9'.repeat(400),
  '99999999999999999999',
  'NaN',
  '__proto__',
  'constructor',
  'toString',
  '{"a":1}',
  "' OR 1=1; DROP DATABASE hops; -- ",
  '`; DROP DATABASE hops; -- ',
  '</script><script>alert(1)</script>',
  '\u202eevil',
  'аdmin', // with a Cyrillic letter
  '１２３',
  'é',
  '\ufeff',
  '\u2028',
  '💥',
  'x'.repeat(70_000),
];

/** For a field of JSON: everything that text can be, and what is no text. */
export const values: readonly unknown[] = [
  ...payloads,
  '\0',
  '\ud800',
  -1,
  0.5,
  Number.POSITIVE_INFINITY,
  Number.NaN,
  2 ** 53,
  null,
  true,
  [],
  ['$(touch owned)'],
  {},
  JSON.parse('{"__proto__": {"owned": true}}'),
  JSON.parse('{"constructor": {"prototype": {"owned": true}}}'),
];

/** Text around, within and between payloads. */
export const hostileText = fc.oneof(
  fc.constantFrom(...payloads),
  fc
    .tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom(...payloads), fc.string({ maxLength: 20 }))
    .map((parts) => parts.join('')),
);

/** Whether text can be the value of an environment variable. */
export const isEnvironment = (text: string) => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

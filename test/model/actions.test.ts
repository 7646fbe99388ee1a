import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ActionName, actions, documentParameters, type ParameterName, parameters, scriptName } from '../../model/actions.ts';
import { answers } from '../../model/answers.ts';

const actionNames = Object.keys(actions) as ActionName[];
const sha = 'a'.repeat(64);

const samples: Record<ParameterName, string[]> = {
  connectString: ['10.0.0.10:1186', 'a.internal,b.internal:1187'],
  backupId: ['263261030'],
  bucket: ['hopsworks-dr-example.backups'],
  prefix: ['example/backups/263261030', 'example/restores/0d5f-4_A', 'example/verifications/0d5f-4_A', 'example/sweeps/0d5f-4_A'],
  bytesPerSecond: ['0', '1000000', '100000000000'],
  depth: ['objects', 'bytes', 'database'],
  graceDays: ['0', '21', '9999'],
  remove: ['true', 'false'],
  requiredBytes: ['0', '9007199254740991'],
  assignments: ['i-0123456789abcdef0=1', 'i-0123456789abcdef0=1+3;mi-0123456789abcdef0=2'],
  backupNodeId: ['1', '144'],
  usersSha256: [sha],
  objectsSha256: [sha],
  listsSha256: ['0123456789abcdef'.repeat(4)],
  metadataPrefix: ['example/backups/263261030'],
  selection: ['all', 'include-databases=shop,other-db;exclude-tables=shop.orders_1;rewrite-database=shop,shop_2'],
  accounts: ['keep', 'replace', 'none'],
  tablesSha256: [sha],
  dataDirectories: ['/srv/hopsworks-data/hops/hopsdata/hdfs/dn', '/mnt/.a/dn:/mnt/b/dn'],
  storages: ['i-0123456789abcdef0=DS-1f-2', 'i-0123456789abcdef0=DS-1-10.0.0.1-50010-2+DS-2;mi-0123456789abcdef0=DS-3'],
  previousBackupId: ['none', '263261030'],
  units: ['namenode', 'glassfish-domain1+airflow@web'],
  unitAssignments: ['i-0123456789abcdef0=namenode+datanode', 'i-0123456789abcdef0=namenode;mi-0123456789abcdef0=datanode'],
  limitSeconds: ['60', '165600'],
  definition: ['none', '/srv/hops/cluster.yml', 's3://definitions/clusters/example.yml'],
  passwordFile: ['/srv/hops/certs-dir/encryption_master_password'],
  searchUrl: ['https://127.0.0.1:9200', 'http://search.internal/os'],
  searchIndex: ['projects'],
  hopsworksUrl: ['https://127.0.0.1:8182/hopsworks-api'],
  credentialsFile: ['none', '/etc/hopsworks/search.curl'],
  timeoutSeconds: ['5', '172800'],
};
/** What names more than one thing does so with semicolons. */
const lists: readonly ParameterName[] = ['assignments', 'selection', 'storages', 'unitAssignments'];
const valid = (Object.keys(parameters) as ParameterName[]).flatMap((name) => samples[name].map((value) => ({ name, value })));
const matches = (name: ParameterName, value: string) => new RegExp(parameters[name].pattern).test(value);

const hostile = [
  '',
  ' ',
  '$(id)',
  '`id`',
  '; id',
  '&& id',
  '| id',
  '> /etc/x',
  "'",
  '"',
  '\\',
  '\n',
  '\0',
  '{{ x }}',
  '$x',
  '*',
  '-rf',
  '--help',
  '../..',
  '%0a',
  'é',
  '\u202e',
  '１',
];

describe('the parameters of the actions', () => {
  it.each(valid)('$name may be $value', ({ name, value }) => {
    expect(matches(name, value)).toBe(true);
  });

  it.each(Object.keys(parameters) as ParameterName[])('the pattern of %s holds from the first to the last character', (name) => {
    expect(parameters[name].pattern).toMatch(/^\^.*\$$/);
  });

  it.each(hostile)('none may be %j', (text) => {
    expect(valid.filter(({ name }) => matches(name, text))).toEqual([]);
  });

  it.each(hostile.filter((text) => text !== ''))('none may begin with %j', (text) => {
    expect(valid.filter(({ name, value }) => matches(name, `${text}${value}`))).toEqual([]);
  });

  // A dash may end a host name or an execution's name.
  it.each(hostile.filter((text) => text !== '' && !text.startsWith('-')))('none may end with %j', (text) => {
    expect(valid.filter(({ name, value }) => matches(name, `${value}${text}`))).toEqual([]);
  });

  // An SSM agent that knows no variables puts the value between double quotes into the text of the script.
  const unsafe = [...'"$`\\{}!', ...Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)), '\x7f', '\x85', '\u2028'];

  describe.each(Object.keys(parameters) as ParameterName[])('of the name %s', (name) => {
    const value = fc.stringMatching(new RegExp(parameters[name].pattern), { maxLength: 200 });

    it('have no value with a character that could end or enter what stands in double quotes', () => {
      fc.assert(fc.property(value, (text) => unsafe.every((character) => !text.includes(character))));
    });

    it('refuse such a character at every place of a value, the end included', () => {
      fc.assert(
        fc.property(value, fc.constantFrom(...unsafe), fc.nat(), (text, character, place) => {
          const cut = place % (text.length + 1);

          return !matches(name, text.slice(0, cut) + character + text.slice(cut));
        }),
      );
    });

    it(`${lists.includes(name) ? 'allow' : 'refuse'} a semicolon`, () => {
      expect(fc.sample(value, 300).some((text) => text.includes(';'))).toBe(lists.includes(name));
      expect(samples[name].some((text) => matches(name, `${text};${text}`))).toBe(lists.includes(name));
    });
  });

  it.each([
    ['backupId', '163261030 '],
    ['backupId', '063261030'],
    ['prefix', 'example/backups/263261030/'],
    ['prefix', 'example/restores/../x'],
    ['prefix', '/backups/263261030'],
    ['assignments', 'i-0123456789abcdef0='],
    ['assignments', 'i-0123456789abcdef0=0'],
    ['assignments', 'i-0123456789abcdef0=1;'],
    ['assignments', 'i-0123456789abcdef0=1+'],
    ['backupNodeId', '0'],
    ['bucket', 'Bucket'],
    ['requiredBytes', '1e9'],
    ['timeoutSeconds', '0'],
    ['timeoutSeconds', '0900'],
    ['timeoutSeconds', '1000000'],
    ['timeoutSeconds', '90.5'],
  ] as const)('%s may not be %j', (name, value) => {
    expect(matches(name, value)).toBe(false);
  });

  it('all belong to an action', () => {
    const used = new Set(actionNames.flatMap(documentParameters));

    expect([...used].sort()).toEqual(Object.keys(parameters).sort());
  });
});

describe('the actions', () => {
  it.each(actionNames)('%s has a time limit that SSM accepts', (name) => {
    expect(actions[name].timeoutSeconds).toBeGreaterThanOrEqual(5);
    expect(actions[name].timeoutSeconds).toBeLessThanOrEqual(172_800);
  });

  it.each(actionNames)('%s takes its own parameters and its time limit', (name) => {
    expect(documentParameters(name)).toEqual([...actions[name].parameters, 'timeoutSeconds']);
  });

  it('all promise an answer', () => {
    expect(Object.keys(answers).sort()).toEqual([...actionNames].sort());
  });

  it.each([
    ['InspectCluster', 'inspect-cluster'],
    ['UploadRondbBackup', 'upload-rondb-backup'],
  ] as const)('%s has the script %s', (action, expected) => {
    expect(scriptName(action)).toBe(expected);
  });
});

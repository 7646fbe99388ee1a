import { describe, expect, it } from 'vitest';
import { parseApiSlots, parseShow } from '../../../model/rondb/show.ts';

const show = (announced: number, ...lines: string[]) =>
  ['Cluster Configuration', '---------------------', `[ndbd(NDB)]\t${announced} node(s)`, ...lines, '', '[ndb_mgmd(MGM)]\t1 node(s)'].join(
    '\n',
  );

describe('reading SHOW', () => {
  it('reads what a live cluster prints, with a node that is not connected', () => {
    const text = `Connected to management server at 127.0.0.1 port 21186 (using cleartext)
Cluster Configuration
---------------------
[ndbd(NDB)]	2 node(s)
id=1	@127.0.0.1  (mysql-9.7.2 ndb-9.7.2, Nodegroup: 0, *)
id=2 (not connected, accepting connect from 127.0.0.1)

[ndb_mgmd(MGM)]	1 node(s)
id=49	@127.0.0.1  (mysql-9.7.2 ndb-9.7.2)

[mysqld(API)]	1 node(s)
id=50	@127.0.0.1  (mysql-9.7.2 ndb-9.7.2)
`;

    expect(parseShow(text)).toEqual([
      { nodeId: 1, host: '127.0.0.1', state: 'started', version: 'mysql-9.7.2 ndb-9.7.2', nodeGroup: 0 },
      { nodeId: 2, host: '', state: 'not connected, accepting connect from 127.0.0.1', version: '', nodeGroup: undefined },
    ]);
  });

  it.each([
    [
      'a RonDB node',
      'id=3\t@10.0.0.3  (RonDB-22.10.4, Nodegroup: 1)',
      { nodeId: 3, state: 'started', version: 'RonDB-22.10.4', nodeGroup: 1 },
    ],
    ['the master', 'id=144\t@h  (RonDB-22.10.4, Nodegroup: 71, *)', { nodeId: 144, state: 'started', nodeGroup: 71 }],
    ['a node that starts', 'id=1\t@h  (RonDB-22.10.4, starting, Nodegroup: 0)', { state: 'starting', nodeGroup: 0 }],
    ['a starting master', 'id=1\t@h  (mysql-8.0.35 ndb-8.0.35, starting, Nodegroup: 0, *)', { state: 'starting' }],
    ['single user mode', 'id=1\t@h  (mysql-9.7.2 ndb-9.7.2, single user mode, Nodegroup: 0)', { state: 'single user mode' }],
    ['a node without a group', 'id=1\t@h  (mysql-9.7.2 ndb-9.7.2, no nodegroup)', { state: 'started', nodeGroup: undefined }],
    ['a starting node without a group', 'id=1\t@h  (RonDB-22.10.4, starting, no nodegroup)', { state: 'starting', nodeGroup: undefined }],
    ['an IPv6 address', 'id=1\t@fd00::3  (RonDB-22.10.4, Nodegroup: 0)', { state: 'started', nodeGroup: 0 }],
    ['a disconnected node', 'id=1 (not connected, accepting connect from any host)', { state: expect.stringContaining('not connected') }],
  ])('reads %s', (_what, line, expected) => {
    expect(parseShow(show(1, line))).toMatchObject([expected]);
  });

  it('does not take the line endings of another system for text', () => {
    const text = show(1, 'id=1\t@h  (RonDB-22.10.4, Nodegroup: 0)').replaceAll('\n', '\r\n');

    expect(parseShow(text)).toMatchObject([{ state: 'started' }]);
  });

  it.each([
    ['nothing', ''],
    ['an error', 'Unable to connect with connect string: nodeid=0,localhost:1186'],
    ['fewer nodes than announced', show(2, 'id=1\t@h  (RonDB-22.10.4, Nodegroup: 0)')],
    ['a line that is no node', show(2, 'id=1\t@h  (RonDB-22.10.4, Nodegroup: 0)', 'something else')],
    ['text that ends too early', show(1, 'id=1\t@h  (RonDB-22.10.4, Node')],
  ])('refuses %s', (_what, text) => {
    expect(() => parseShow(text)).toThrow('SHOW does not list the data nodes it announces');
  });

  it('takes no line of another section for a data node', () => {
    expect(parseShow(show(0))).toEqual([]);
  });
});

describe('reading the API nodes of SHOW', () => {
  it('tells which are free and from where they accept a connection, as a live cluster prints them', () => {
    const text = `[ndbd(NDB)]	1 node(s)
id=1	@127.0.0.1  (mysql-9.7.2 ndb-9.7.2, Nodegroup: 0, *)

[ndb_mgmd(MGM)]	1 node(s)
id=49	@127.0.0.1  (mysql-9.7.2 ndb-9.7.2)

[mysqld(API)]	3 node(s)
id=50	@127.0.0.1  (mysql-9.7.2 ndb-9.7.2)
id=60 (not connected, accepting connect from any host)
id=61 (not connected, accepting connect from localhost)
`;

    expect(parseApiSlots(text)).toEqual([
      { isFree: false },
      { isFree: true, acceptsFrom: 'any host' },
      { isFree: true, acceptsFrom: 'localhost' },
    ]);
  });

  it('refuses a text without them', () => {
    expect(() => parseApiSlots(show(0))).toThrow('SHOW does not list the API nodes it announces');
  });
});

import { type Answered, type Asked, serve } from './loopback.ts';

/** An imitation of OpenSearch with one index, on 127.0.0.1. */
export interface OpenSearch {
  readonly url: string;
  /** As a deployment leaves it: an empty index with the mapping of Hopsworks' template. */
  reset(): void;
  /** All documents by their ids, searchable yet or not. */
  documents(): Readonly<Record<string, unknown>>;
  /** The mapping of the index; undefined without the index. */
  mapping(): unknown;
  /** Whether it answers at all, or says that it is not ready. */
  setReady(ready: boolean): void;
  stop(): Promise<void>;
}

type Document = Readonly<Record<string, unknown>>;

interface Index {
  readonly mapping: { readonly dynamic?: string; readonly properties?: Readonly<Record<string, unknown>> };
  readonly written: Map<string, Document>;
  /** What was there at the last refresh. */
  searchable: ReadonlyMap<string, Document>;
}

/** The mapping that Hopsworks' template gives the index of ePipe: a document with any other field is refused. */
const template = {
  dynamic: 'strict',
  properties: {
    doc_type: { type: 'keyword' },
    project_id: { type: 'integer' },
    dataset_id: { type: 'long' },
    name: { type: 'text' },
    user: { type: 'keyword' },
    xattr: { type: 'nested', dynamic: 'true' },
  },
};

export async function startOpenSearch(options: { index: string; user: string; password: string }): Promise<OpenSearch> {
  const name = options.index;
  const authorization = `Basic ${Buffer.from(`${options.user}:${options.password}`).toString('base64')}`;
  let index: Index | undefined;
  let ready = true;

  const create = (mapping: Index['mapping']): Index => ({ mapping, written: new Map(), searchable: new Map() });

  function answer(asked: Asked): Answered {
    if (!ready) return [503, 'OpenSearch Security not initialized.'];
    if (asked.headers.authorization !== authorization) return [401, 'Unauthorized'];
    const call = `${asked.method} ${asked.path}`;
    if (call === 'POST /_bulk') return bulk(asked.body);
    if (call === `PUT /${name}`) return put(asked.body);
    if (!index) return refusal(404, 'index_not_found_exception', `no such index [${name}]`);
    switch (call) {
      case `DELETE /${name}`:
        index = undefined;
        return [200, { acknowledged: true }];
      case `GET /${name}/_mapping`:
        return [200, { [name]: { mappings: index.mapping } }];
      case `POST /${name}/_refresh`:
        index.searchable = new Map(index.written);
        return [200, { _shards: { total: 1, successful: 1, failed: 0 } }];
      case `GET /${name}/_count`:
        return [200, { count: matching(index, asked.query.get('q')).length, _shards: { total: 1, successful: 1, skipped: 0, failed: 0 } }];
      default:
        return refusal(400, 'illegal_argument_exception', `this imitation of OpenSearch knows no ${call}`);
    }
  }

  function put(body: string): Answered {
    if (index) return refusal(400, 'resource_already_exists_exception', `index [${name}] already exists`);
    index = create(body === '' ? template : (JSON.parse(body) as { mappings: Index['mapping'] }).mappings);
    return [200, { acknowledged: true, shards_acknowledged: true, index: name }];
  }

  function bulk(body: string): Answered {
    index ??= create(template);
    const lines = body.split('\n').filter(Boolean);
    const items = lines.flatMap((line, at) => (at % 2 === 0 ? [upsert(index as Index, line, lines[at + 1] ?? '')] : []));
    return [200, { took: 1, errors: items.some(({ update }) => 'error' in update), items }];
  }

  const server = await serve(answer);
  return {
    url: server.url,
    reset() {
      index = create(template);
    },
    documents: () => Object.fromEntries(index?.written ?? []),
    mapping: () => index?.mapping,
    setReady(value) {
      ready = value;
    },
    stop: server.close,
  };
}

function upsert({ mapping, written }: Index, action: string, content: string) {
  const { update } = JSON.parse(action) as { update: { _id: string } };
  const { doc } = JSON.parse(content) as { doc: Document };
  const unknown = Object.keys(doc).find((field) => mapping.dynamic === 'strict' && !(field in (mapping.properties ?? {})));
  if (unknown !== undefined) {
    const reason = `mapping set to strict, dynamic introduction of [${unknown}] within [_doc] is not allowed`;
    return { update: { _id: update._id, status: 400, error: { type: 'strict_dynamic_mapping_exception', reason } } };
  }
  const existing = written.get(update._id);
  written.set(update._id, { ...existing, ...doc });
  return { update: { _id: update._id, status: existing ? 200 : 201 } };
}

function matching({ searchable }: Index, query: string | null): Document[] {
  const [field = '', value] = (query ?? '').split(':');
  return [...searchable.values()].filter((document) => value === undefined || document[field] === value);
}

function refusal(status: number, type: string, reason: string): Answered {
  return [status, { error: { root_cause: [{ type, reason }], type, reason }, status }];
}

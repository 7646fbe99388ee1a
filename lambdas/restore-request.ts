import { DrError } from '../model/errors.ts';
import { parseOr } from '../model/parse.ts';
import { type RestoreRequest, restoreRequestSchema } from '../model/request.ts';

/** The request of a restore, when it is one for this cluster. Errors: `RequestInvalid`, `UnknownCluster`. */
export function readRestoreRequest(raw: unknown, cluster: string): RestoreRequest {
  const request = parseOr('RequestInvalid', 'The request', restoreRequestSchema, raw);
  for (const named of [request.cluster, request.confirm ?? request.cluster]) {
    if (named !== cluster) throw new DrError('UnknownCluster', `This state machine restores "${cluster}", not "${named}".`);
  }
  return request;
}

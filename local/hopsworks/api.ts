import { type Answered, type Asked, serve } from './loopback.ts';

/** An imitation of Hopsworks' own HTTP API, as far as a restore uses it, on 127.0.0.1. */
export interface HopsworksApi {
  readonly url: string;
  /** Whether the search of the feature store has anything to find. */
  searchable: boolean;
  stop(): Promise<void>;
}

const ROOT = '/hopsworks-api/api';

/** `isUp`: whether Hopsworks runs at this moment. */
export async function startHopsworksApi(options: { email: string; password: string; isUp: () => Promise<boolean> }): Promise<HopsworksApi> {
  const token = 'Bearer practice.token';

  async function answer({ method, path, body, headers }: Asked): Promise<Answered> {
    if (!(await options.isUp())) return [502, 'Hopsworks does not run.'];
    if (method !== 'POST') return [405];
    if (path === `${ROOT}/auth/service` || path === `${ROOT}/auth/login`) {
      const form = new URLSearchParams(body);
      const known = form.get('email') === options.email && form.get('password') === options.password;
      return known
        ? [200, {}, { authorization: token }]
        : [401, { errorCode: 160008, errorMsg: 'Authentication failed, invalid credentials' }];
    }
    if (path !== `${ROOT}/admin/search/featurestore/reindex`) return [404];
    if (headers.authorization !== token) return [401, { errorCode: 200003, errorMsg: 'No valid token' }];
    api.searchable = true;
    return [204];
  }

  const server = await serve(answer);
  const api: HopsworksApi = { url: server.url, searchable: false, stop: server.close };
  return api;
}

import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { Processes } from './processes.ts';

const needed = ['ndb_mgmd', 'ndbmtd', 'ndb_mgm', 'ndb_waiter', 'ndb_restore', 'ndb_config', 'mysqld', 'mysql'] as const;

/** Debian's package of each shared library that the binaries need and a bare system lacks. */
const packages: Record<string, string> = {
  'libaio.so.1': 'libaio1',
  'libnuma.so.1': 'libnuma1',
  'libtinfo.so.6': 'libtinfo6',
  'libssl.so.3': 'libssl3',
  'libcrypto.so.3': 'libssl3',
};

/** Rejects with what to do when a program of RonDB is missing in `<rondbHome>/bin` or cannot run on this system. */
export async function checkBinaries(rondbHome: string, processes: Processes): Promise<void> {
  for (const name of needed) {
    const path = join(rondbHome, 'bin', name);
    await access(path, constants.X_OK).catch((cause) => {
      throw new Error(`RONDB_HOME is no RonDB installation: there is no program ${path}`, { cause });
    });
    await processes.run(name, path, ['--version']).catch((cause: Error) => {
      throw new Error(missingLibrary(cause.message) ?? cause.message, { cause });
    });
  }
}

function missingLibrary(message: string): string | undefined {
  const library = /error while loading shared libraries: ([^:\s]+)/.exec(message)?.[1];
  if (library === undefined) return undefined;
  const remedy = packages[library] ? `apt-get install ${packages[library]}` : 'install the package that holds it';
  return `RonDB cannot run on this system, which lacks ${library}: ${remedy}`;
}

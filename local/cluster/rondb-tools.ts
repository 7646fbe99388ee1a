import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Those that connect to data nodes. */
const CONNECTING = ['ndb_desc', 'ndb_drop_table', 'ndb_restore', 'ndb_select_count', 'ndb_show_tables'];

/**
 * Installs RonDB's programs as `<directory>/mysql/bin`. A data node accepts an API node id that has just been free again only some
 * seconds later, and ndb_mgmd hands out the lowest free id: here each tool takes that of the `apiNodeIds` which was begun to be used
 * longest ago, with a lock in the directory `locks` for as long as it runs.
 */
export async function installTools(directory: string, rondbHome: string, locks: string, apiNodeIds: readonly number[]): Promise<void> {
  const [from, to] = [join(rondbHome, 'bin'), join(directory, 'mysql', 'bin')];
  await rm(join(directory, 'mysql'), { recursive: true, force: true });
  await mkdir(to, { recursive: true });
  await mkdir(locks, { recursive: true });
  for (const id of apiNodeIds) await writeFile(join(locks, `${id}`), '');
  for (const name of await readdir(from)) {
    if (!CONNECTING.includes(name)) await symlink(join(from, name), join(to, name));
    else {
      await writeFile(join(to, name), wrapper(join(from, name), locks));
      await chmod(join(to, name), 0o755);
    }
  }
}

/** `--no-defaults` must stay the first argument. */
function wrapper(program: string, locks: string): string {
  return `#!/bin/sh
first=$1
shift
for id in $(ls -tr '${locks}'); do
  exec 9>>'${locks}'/"$id"
  if flock -n 9; then
    touch '${locks}'/"$id"
    exec '${program}' "$first" --ndb-nodeid="$id" "$@"
  fi
done
exec '${program}' "$first" "$@"
`;
}

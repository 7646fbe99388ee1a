// Makes sure that everything `npm run drill`, `npm test` and `npm run check` need is there, and says what it installs
// and why. Does nothing when all is there. Plain JavaScript without packages, because it runs before `npm ci`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const STAMP = 'node_modules/.hopsworks-dr-setup';

const SYSTEM = [
  { program: 'aws', package: 'awscli', why: 'the node scripts store and fetch backups with it' },
  { program: 'zstd', package: 'zstd', why: 'the node scripts compress with it' },
];
const LINTERS = [
  { program: 'shellcheck', package: 'shellcheck', why: 'it lints the node scripts' },
  { program: 'shfmt', package: 'shfmt', why: 'it checks the format of the node scripts' },
];
const RONDB_LIBRARIES = [
  { library: 'libaio.so.1', packages: ['libaio1', 'libaio1t64'] },
  { library: 'libnuma.so.1', packages: ['libnuma1'] },
];

const [purpose = 'drill'] = process.argv.slice(2);
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 15)) stop(`Node ${process.versions.node} is too old: 20.15 or newer is needed.`);
installNodePackages();
installSystemPackages([...missingPrograms(purpose === 'check' ? LINTERS : SYSTEM), ...missingRondbLibraries()]);

function installNodePackages() {
  const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock) return;
  say('Installing the npm packages that package-lock.json names (npm ci).');
  run(process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'], ['ci', '--no-audit', '--no-fund']);
  writeFileSync(STAMP, lock);
}

function missingPrograms(wanted) {
  return wanted
    .filter(({ program }) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0)
    .map(({ program, package: name, why }) => ({ what: `${program} (${why})`, packages: [name] }));
}

function missingRondbLibraries() {
  const home = process.env.RONDB_HOME;
  if (!home) return [];
  if (!existsSync(`${home}/bin/ndbmtd`)) stop(`RONDB_HOME=${home} has no bin/ndbmtd: it must be the directory of a RonDB installation.`);
  const linked = spawnSync('ldd', [`${home}/bin/ndbmtd`, `${home}/bin/mysqld`], { encoding: 'utf8' }).stdout ?? '';
  return RONDB_LIBRARIES.filter(({ library }) => linked.includes(`${library} => not found`)).map(({ library, packages }) => ({
    what: `${library} (RonDB is linked against it)`,
    packages,
  }));
}

function installSystemPackages(missing) {
  if (missing.length === 0) return;
  say(`Missing: ${missing.map(({ what }) => what).join('; ')}.`);
  const apt = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  if (spawnSync('sh', ['-c', `command -v ${apt[0]} && command -v apt-get`]).status !== 0) {
    stop(`Install ${missing.map(({ packages }) => packages[0]).join(', ')} and start again.`);
  }
  say('Installing with apt-get.');
  run(apt, ['update', '-qq']);
  // The name of a package differs between Debian releases: take the first that this one knows.
  const known = (name) => /Candidate: [^(]/.test(spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' }).stdout ?? '');
  run(apt, ['install', '-y', '-qq', '--no-install-recommends', ...missing.map(({ packages }) => packages.find(known) ?? packages[0])]);
}

function run([program, ...prefix], args) {
  const { status, error } = spawnSync(program, [...prefix, ...args], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) stop(`${[program, ...prefix, ...args].join(' ')} failed${error ? `: ${error.message}` : ` with exit code ${status}`}.`);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function stop(text) {
  say(text);
  process.exit(1);
}

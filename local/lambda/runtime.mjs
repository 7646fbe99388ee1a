// What runs inside one instance of a local Lambda: loads the handler once, then answers one payload after the other.
// Plain JavaScript, because the instance starts without a TypeScript loader, as it would at AWS.
import { existsSync, readFileSync } from 'node:fs';
import Module from 'node:module';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [directory, specification] = process.argv.slice(2);

process.on('message', async (payload) => {
  process.send(await answer(JSON.parse(payload)));
});
process.on('disconnect', () => process.exit());

/** Loading is tried anew for every payload until it works: its failure is the answer then. */
async function answer(payload) {
  try {
    const handle = await loadHandler();
    return { result: JSON.stringify((await handle(payload, {})) ?? null) };
  } catch (error) {
    console.error(error);
    return describe(error);
  }
}

let handler;

async function loadHandler() {
  const [name, exported] = specification.split('.');
  handler ??= (await load(resolve(directory, name)))[exported];
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${specification} is undefined or not exported`);
  return handler;
}

async function load(path) {
  try {
    if (existsSync(`${path}.js`)) return compile(`${path}.js`);
    if (existsSync(`${path}.mjs`)) return await import(pathToFileURL(`${path}.mjs`).href);
  } catch (error) {
    throw named(error instanceof SyntaxError ? 'Runtime.UserCodeSyntaxError' : (error?.name ?? 'Error'), String(error?.message ?? error));
  }
  throw named('Runtime.ImportModuleError', `Cannot find module '${path}'`);
}

/** As CommonJS whatever the nearest package.json says: at AWS there is none beside the bundle. */
function compile(file) {
  const module = new Module(file);
  module.filename = file;
  module.paths = Module._nodeModulePaths(dirname(file));
  module._compile(readFileSync(file, 'utf8'), file);
  return module.exports;
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

function describe(error) {
  if (error instanceof Error) return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

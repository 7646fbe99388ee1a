// What runs inside one instance of a local Lambda: loads the handler once, then answers one payload after the other.
// Plain JavaScript, because the instance starts without a TypeScript loader, as it would at AWS.
import { readFileSync } from 'node:fs';
import Module from 'node:module';
import { dirname, resolve } from 'node:path';

const [directory, specification] = process.argv.slice(2);

process.on('message', async (payload) => {
  process.send(await answer(JSON.parse(payload)));
});
process.on('disconnect', () => process.exit());

/** Loading is tried anew for every payload until it works: its failure is the answer then. */
async function answer(payload) {
  try {
    return { result: JSON.stringify((await loadHandler()(payload, {})) ?? null) };
  } catch (error) {
    console.error(error);
    return describe(error);
  }
}

let handler;

function loadHandler() {
  const [name, exported] = specification.split('.');
  handler ??= compile(resolve(directory, `${name}.js`))[exported];
  if (typeof handler !== 'function') throw named('Runtime.HandlerNotFound', `${specification} is undefined or not exported`);
  return handler;
}

/** As CommonJS whatever the nearest package.json says: at AWS there is none beside the bundle. */
function compile(file) {
  const module = new Module(file);
  module.filename = file;
  module.paths = Module._nodeModulePaths(dirname(file));
  try {
    module._compile(readFileSync(file, 'utf8'), file);
  } catch (error) {
    throw named(error instanceof SyntaxError ? 'Runtime.UserCodeSyntaxError' : (error?.name ?? 'Error'), String(error?.message ?? error));
  }
  return module.exports;
}

function named(name, message) {
  return Object.assign(new Error(message), { name });
}

function describe(error) {
  if (error instanceof Error) return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
  return { errorType: typeof error, errorMessage: String(error), trace: [] };
}

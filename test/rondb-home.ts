/** The directory of real RonDB binaries; `undefined` where there are none, which is said once, loudly. */
export const rondbHome: string | undefined = process.env.RONDB_HOME;

if (rondbHome === undefined) console.warn('\n*** RONDB_HOME is not set: NO TEST RUNS AGAINST A REAL RONDB ***\n');

import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { clusterFileSchema, SCHEMA_FILE } from './clusters.ts';

const file = fileURLToPath(new URL(`../clusters/${SCHEMA_FILE}`, import.meta.url));
writeFileSync(file, `${JSON.stringify(clusterFileSchema(), undefined, 2)}\n`);
console.log(`Wrote ${file}.`);

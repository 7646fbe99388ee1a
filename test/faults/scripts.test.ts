import { afterAll, beforeAll } from 'vitest';
import { onScripts } from './matrix.ts';
import { playAll } from './play.ts';
import { scriptStage } from './stages/script.ts';

beforeAll(scriptStage.open);
afterAll(scriptStage.close);

for (const [family, rows] of Object.entries(onScripts)) playAll(family, rows);

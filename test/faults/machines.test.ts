import { onMachines } from './matrix.ts';
import { playAll } from './play.ts';

for (const [family, rows] of Object.entries(onMachines)) playAll(family, rows);

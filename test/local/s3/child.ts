import { startS3 } from './running.ts';

// A server in a process of its own, so that a test can kill it: node --import tsx child.ts <root>
const { endpoint } = await startS3(process.argv[2] as string);
console.log(endpoint);

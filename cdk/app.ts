import { App } from 'aws-cdk-lib';
import { readClusters } from './clusters.ts';
import { HopsworksDrStack } from './stack.ts';

const app = new App();
const directory: unknown = app.node.tryGetContext('clusters') ?? 'clusters';
for (const cluster of readClusters(String(directory))) new HopsworksDrStack(app, `hopsworks-dr-${cluster.name}`, { cluster });

import { App, Validations } from 'aws-cdk-lib';
import { readClusters } from './clusters.ts';
import { HopsworksDrStack } from './stack.ts';

const app = new App();
const directory: unknown = app.node.tryGetContext('clusters') ?? 'clusters';
for (const cluster of readClusters(String(directory))) new HopsworksDrStack(app, `hopsworks-dr-${cluster.name}`, { cluster });

// The variable that turns CDK's own validation off; where only the assembly counts, this one is not even loaded.
if (process.env.CDK_VALIDATION !== 'false') {
  const { AwsSolutionsChecks } = await import('cdk-nag');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

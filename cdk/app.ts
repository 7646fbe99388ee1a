import { App, Validations } from 'aws-cdk-lib';
import { DrError } from '../model/errors.ts';
import { readClusters } from './clusters.ts';
import { HopsworksDrStack } from './stack.ts';

const app = new App();
for (const cluster of clustersOf(app)) new HopsworksDrStack(app, `hopsworks-dr-${cluster.name}`, { cluster });

// The variable that turns CDK's own validation off; where only the assembly counts, this one is not even loaded.
if (process.env.CDK_VALIDATION !== 'false') {
  const { AwsSolutionsChecks } = await import('cdk-nag');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}

function clustersOf({ node }: App) {
  const directory: unknown = node.tryGetContext('clusters') ?? 'clusters';
  try {
    return readClusters(String(directory));
  } catch (error) {
    if (!(error instanceof DrError)) throw error;
    // Who wrote the file reads this: where the program stood does not help.
    console.error(`${error.name}: ${error.message}`);
    process.exit(1);
  }
}

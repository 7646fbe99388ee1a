import * as z from 'zod';
import { patternOf } from './actions.ts';
import { pathSchema } from './path.ts';

const settingsSchema = z.strictObject({
  url: z
    .string()
    .regex(patternOf('searchUrl'), 'expected an http or https URL without query')
    .default('https://127.0.0.1:9200')
    .describe('Where OpenSearch answers, seen from the head node with ePipe. Default: https://127.0.0.1:9200'),
  index: z
    .string()
    .regex(patternOf('searchIndex'), 'expected the name of an index')
    .default('projects')
    .describe('The index that ePipe fills. Default: projects'),
  credentialsFile: pathSchema
    .optional()
    .describe('A file on that head node in the format of curl --config, with the user and certificate for OpenSearch. Default: none'),
  featureStore: z
    .strictObject({
      url: z
        .string()
        .regex(patternOf('hopsworksUrl'), 'expected an http or https URL without query')
        .describe('Where Hopsworks answers, seen from the head nodes'),
      credentialsFile: pathSchema.describe(
        'A file on the head nodes in the format of curl --config, with the login of an administrator as data-urlencode = "email=…" and "password=…", or a header with a token',
      ),
    })
    .optional()
    .describe('How the search of the feature store is rebuilt. Default: left to the operator, as the report says'),
});

/** The index that ePipe fills from RonDB; null: the cluster has none. */
export const openSearchSchema = settingsSchema.nullable();

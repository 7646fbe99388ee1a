import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { EventRule } from '../events/rules.ts';
import type { DeclaredSchedule } from '../events/schedules.ts';
import type { LambdaFunction } from '../lambda/runner.ts';
import type { SsmDocument } from '../ssm/ssm.ts';
import { identify, type Resource, type Target } from './identities.ts';
import { type References, resolveIntrinsics } from './intrinsics.ts';

/** A stack as it would be deployed: names and ARNs made up, nothing left to resolve. */
export interface LocalStack {
  readonly name: string;
  readonly bucketNames: readonly string[];
  readonly functions: readonly (LambdaFunction & { readonly logicalId: string })[];
  readonly documents: readonly SsmDocument[];
  /** `definition` is the parsed ASL, its substitutions applied. */
  readonly stateMachines: readonly {
    readonly logicalId: string;
    readonly name: string;
    readonly arn: string;
    readonly definition: unknown;
  }[];
  readonly topicArns: readonly string[];
  readonly rules: readonly EventRule[];
  readonly schedules: readonly DeclaredSchedule[];
  readonly outputs: Readonly<Record<string, string>>;
}

const ACCOUNT = '111122223333';

/**
 * Reads a directory that `cdk synth` wrote. `stack` may be left out when there is only one.
 * Throws for what it cannot resolve, naming the logical id.
 */
export function readAssembly(directory: string, { region, stack }: { region: string; stack?: string }): LocalStack {
  const manifest = manifestSchema.parse(readJson(directory, 'manifest.json'));
  const stacks = Object.entries(manifest.artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [[id, artifact] = [undefined, undefined], ...others] = stacks.filter(([name]) => stack === undefined || name === stack);
  if (!id || !artifact?.properties?.templateFile || others.length > 0) {
    throw new Error(
      `${directory} has the stacks ${stacks.map(([name]) => name).join(', ') || '(none)'}; ${stack ?? 'exactly one'} was expected`,
    );
  }
  const template = templateSchema.parse(readJson(directory, artifact.properties.templateFile));
  const target = { stackName: artifact.properties.stackName ?? id, region, account: ACCOUNT };
  return describeStack(template, target, readAssets(directory, manifest));
}

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z
        .object({ templateFile: z.string().optional(), stackName: z.string().optional(), file: z.string().optional() })
        .optional(),
    }),
  ),
});

const templateSchema = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) })),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});

const assetsSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.string() }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
});

function readJson(directory: string, file: string): unknown {
  return JSON.parse(readFileSync(join(directory, file), 'utf8'));
}

/** The directory of every asset that is a zipped directory, by its key in the bootstrap bucket. */
function readAssets(directory: string, manifest: z.infer<typeof manifestSchema>): Map<string, string> {
  const lists = Object.values(manifest.artifacts).filter(({ type }) => type === 'cdk:asset-manifest');
  const files = lists.flatMap(({ properties }) => Object.values(assetsSchema.parse(readJson(directory, properties?.file ?? '')).files));
  const directories = files.filter(({ source }) => source.packaging === 'zip');
  return new Map(
    directories.flatMap(({ source, destinations }) =>
      Object.values(destinations).map(({ objectKey }) => [objectKey, resolve(directory, source.path)] as const),
    ),
  );
}

function describeStack(template: z.infer<typeof templateSchema>, target: Target, assets: ReadonlyMap<string, string>): LocalStack {
  const references = referencesOf(template.Resources, target);
  /** The resources of one type, in the order of the template, with what they are after the intrinsic functions. */
  const each = <T>(type: string, schema: z.ZodType<T>) =>
    Object.entries(template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([logicalId, { Properties }]) => {
        const properties = schema.safeParse(naming(logicalId, () => resolveIntrinsics(Properties, references)));
        if (!properties.success) throw new Error(`${logicalId}: ${z.prettifyError(properties.error)}`);
        return { logicalId, properties: properties.data, ref: references.ref(logicalId) };
      });

  /** The `Ref` of every resource of one type. */
  const refs = (type: string) =>
    Object.keys(template.Resources)
      .filter((logicalId) => template.Resources[logicalId]?.Type === type)
      .map(references.ref);

  return {
    name: target.stackName,
    bucketNames: refs('AWS::S3::Bucket'),
    functions: each('AWS::Lambda::Function', functionSchema).map(({ logicalId, properties, ref }) => {
      const codeDirectory = assets.get(properties.Code.S3Key);
      if (!codeDirectory) throw new Error(`${logicalId}: no asset has the key ${properties.Code.S3Key}`);
      return {
        logicalId,
        name: ref,
        arn: references.attribute(logicalId, 'Arn'),
        codeDirectory,
        handler: properties.Handler,
        timeoutSeconds: properties.Timeout,
        memorySize: properties.MemorySize,
        environment: properties.Environment.Variables,
      };
    }),
    documents: each('AWS::SSM::Document', z.object({ Content: z.record(z.string(), z.unknown()) })).map(({ properties, ref }) => ({
      name: ref,
      content: properties.Content,
    })),
    stateMachines: each('AWS::StepFunctions::StateMachine', stateMachineSchema).map(({ logicalId, properties, ref }) => ({
      logicalId,
      name: references.attribute(logicalId, 'Name'),
      arn: ref,
      definition: naming(logicalId, () => substitute(properties.DefinitionString, properties.DefinitionSubstitutions)),
    })),
    topicArns: refs('AWS::SNS::Topic'),
    rules: each('AWS::Events::Rule', anything).map(({ properties, ref }) => ({ name: ref, properties })),
    schedules: each('AWS::Scheduler::Schedule', anything).map(({ properties, ref }) => ({
      name: ref,
      arn: `arn:aws:scheduler:${target.region}:${target.account}:schedule/${properties.GroupName ?? 'default'}/${ref}`,
      properties,
    })),
    outputs: Object.fromEntries(
      Object.entries(template.Outputs).map(([name, { Value }]) => [name, String(naming(name, () => resolveIntrinsics(Value, references)))]),
    ),
  };
}

const anything = z.record(z.string(), z.unknown());

const functionSchema = z.object({
  Code: z.object({ S3Key: z.string() }),
  Handler: z.string(),
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }).default({ Variables: {} }),
});

const stateMachineSchema = z.object({
  DefinitionString: z.string(),
  DefinitionSubstitutions: z.record(z.string(), z.coerce.string()).default({}),
  StateMachineType: z.literal('STANDARD').optional(),
});

function referencesOf(resources: Readonly<Record<string, Resource>>, target: Target): References {
  const pseudo: Readonly<Record<string, string>> = {
    'AWS::Region': target.region,
    'AWS::AccountId': target.account,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': target.stackName,
  };
  const identityOf = (logicalId: string) => {
    const resource = resources[logicalId];
    if (!resource) throw new Error(`${logicalId} is neither a resource nor a supported pseudo parameter`);
    return identify(logicalId, resource, target);
  };
  return {
    ref: (logicalId) => pseudo[logicalId] ?? identityOf(logicalId).ref,
    attribute(logicalId, name) {
      const value = identityOf(logicalId).attributes[name];
      if (value === undefined) throw new Error(`the attribute ${name} of ${logicalId} (${resources[logicalId]?.Type}) is not supported`);
      return value;
    },
  };
}

/** Puts values in the place of `${name}`, as CloudFormation does: as plain text. */
function substitute(definition: string, values: Readonly<Record<string, string>>): unknown {
  const text = definition.replace(/\$\{([A-Za-z0-9_]+)\}/g, (placeholder, name: string) => {
    if (!Object.hasOwn(values, name)) throw new Error(`DefinitionSubstitutions has nothing for ${placeholder}`);
    return values[name] as string;
  });
  return JSON.parse(text);
}

function naming<T>(logicalId: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new Error(`${logicalId}: ${(error as Error).message}`, { cause: error });
  }
}

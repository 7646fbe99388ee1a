/** What the intrinsic functions of a template refer to. Both throw for what they do not know, naming the logical id. */
export interface References {
  ref(logicalId: string): string;
  attribute(logicalId: string, name: string): string;
}

/**
 * Computes Ref, Fn::GetAtt, Fn::Sub, Fn::Join, Fn::Select and Fn::Split anywhere inside a value of a template.
 * Any other intrinsic function is an error.
 */
export function resolveIntrinsics(value: unknown, references: References): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveIntrinsics(item, references));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [[name, argument] = ['', undefined], ...others] = entries;
  if (others.length > 0 || !/^(Ref|Condition|Fn::.*)$/.test(name)) {
    return Object.fromEntries(entries.map(([key, item]) => [key, resolveIntrinsics(item, references)]));
  }
  const compute = functions[name];
  if (!compute) throw new Error(`The intrinsic function ${name} is not supported: ${JSON.stringify(value)}`);
  try {
    return compute(name === 'Fn::Sub' ? argument : resolveIntrinsics(argument, references), references);
  } catch (error) {
    throw new Error(`${JSON.stringify(value)}: ${(error as Error).message}`, { cause: error });
  }
}

const functions: Readonly<Record<string, (argument: unknown, references: References) => unknown>> = {
  Ref: (argument, { ref }) => ref(text(argument)),
  'Fn::GetAtt': (argument, { attribute }) => {
    const [logicalId, name] = typeof argument === 'string' ? argument.split(/\.(.*)/s) : list(argument);
    return attribute(text(logicalId), text(name));
  },
  'Fn::Sub': (argument, references) => {
    const [template, variables = {}] = Array.isArray(argument) ? argument : [argument];
    const own = resolveIntrinsics(variables, references) as Record<string, unknown>;
    return text(template).replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(own, name)) return text(own[name]);
      const [logicalId = '', attribute] = name.split(/\.(.*)/s);
      return attribute ? references.attribute(logicalId, attribute) : references.ref(logicalId);
    });
  },
  'Fn::Join': (argument) => {
    const [separator, items] = list(argument);
    return list(items).map(text).join(text(separator));
  },
  'Fn::Select': (argument) => {
    const [index, items] = list(argument);
    return text(list(items)[Number(index)]);
  },
  'Fn::Split': (argument) => {
    const [separator, whole] = list(argument);
    return text(whole).split(text(separator));
  },
};

function text(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Error(`expected a text, not ${JSON.stringify(value)}`);
}

function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`expected a list, not ${JSON.stringify(value)}`);
}

import { randomUUID } from 'node:crypto';
import { receiveText } from './body.ts';
import { bucketOf, type Call, type Reply } from './call.ts';
import { S3Error } from './errors.ts';
import { type Element, malformed, type ReadElement, readXml } from './xml.ts';

/** PutBucketLifecycleConfiguration: keeps the rules for whoever asks for them. Nothing here ever expires by a rule. */
export async function putBucketLifecycleConfiguration(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const configuration = readXml(await receiveText(call), 'LifecycleConfiguration');
  checkShape(configuration, { Rule: RULE });
  const { children: rules } = configuration;
  if (rules.length === 0 || rules.length > MAX_RULES) throw malformed();
  for (const rule of rules) checkRule(rule);
  const ids = rules.flatMap((rule) => child(rule, 'ID')?.text || []);
  if (new Set(ids).size < ids.length) throw new S3Error('InvalidArgument', 'Rule ID must be unique. Found same ID for more than one rule.');
  await bucket.configure({ lifecycle: rules.map(withId).map(toWritten) });
  return { status: 200 };
}

/** GetBucketLifecycleConfiguration: the rules as they were put; one that came without an ID was given one. */
export async function getBucketLifecycleConfiguration(call: Call): Promise<Reply> {
  const { lifecycle } = bucketOf(call).settings();
  if (!lifecycle) throw new S3Error('NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist');
  return { status: 200, xml: ['LifecycleConfiguration', lifecycle] };
}

/** What an element may hold: children by their names, or a text that is checked. */
type Shape = { readonly [name: string]: Shape } | ((text: string, element: string) => void);

const MAX_RULES = 1000;
const MAX_DAYS = 2 ** 31 - 1;
const MAX_ID = 255;

const ACTIONS = {
  Expiration: { Days: checkDays, Date: checkMidnight, ExpiredObjectDeleteMarker: oneOf('true', 'false') },
  NoncurrentVersionExpiration: { NoncurrentDays: checkDays },
  AbortIncompleteMultipartUpload: { DaysAfterInitiation: checkDays },
};
const RULE: Shape = { ID: checkId, Status: oneOf('Enabled', 'Disabled'), Prefix: () => {}, Filter: { Prefix: () => {} }, ...ACTIONS };

/** Refuses by its name what is not known, and whatever stands twice; only rules may. */
function checkShape({ name, text, children }: ReadElement, shape: Shape): void {
  if (typeof shape === 'function') {
    if (children.length > 0) throw malformed();
    shape(text, name);
    return;
  }
  if (text.trim() !== '') throw malformed();
  for (const [index, each] of children.entries()) {
    const inner = Object.hasOwn(shape, each.name) && shape[each.name];
    if (!inner) throw new S3Error('NotImplemented', `The element ${name}/${each.name} is not implemented.`);
    if (each.name !== 'Rule' && children.findIndex((other) => other.name === each.name) < index) throw malformed();
    checkShape(each, inner);
  }
}

function checkRule(rule: ReadElement): void {
  const actions = rule.children.filter(({ name }) => name in ACTIONS);
  const oneScope = (child(rule, 'Prefix') === undefined) !== (child(rule, 'Filter') === undefined);
  if (!child(rule, 'Status') || !oneScope || actions.some(({ children }) => children.length !== 1)) throw malformed();
  if (actions.length === 0) throw new S3Error('InvalidRequest', 'At least one action needs to be specified in a rule.');
}

function checkId(text: string): void {
  if (text.length > MAX_ID) throw new S3Error('InvalidArgument', `ID length should not exceed allowed limit of ${MAX_ID}.`);
}

function checkDays(text: string, element: string): void {
  if (!/^-?[0-9]{1,10}$/.test(text) || Number(text) > MAX_DAYS) throw malformed();
  if (Number(text) < 1) throw new S3Error('InvalidArgument', `'${element}' must be a positive integer.`);
}

function checkMidnight(text: string): void {
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) || Number.isNaN(Date.parse(text))) throw malformed();
  if (Date.parse(text) % 86_400_000 !== 0) throw new S3Error('InvalidArgument', "'Date' must be at midnight GMT.");
}

function oneOf(...values: readonly string[]): Shape {
  return (text) => {
    if (!values.includes(text)) throw malformed();
  };
}

function child(element: ReadElement, name: string): ReadElement | undefined {
  return element.children.find((each) => each.name === name);
}

function withId(rule: ReadElement): ReadElement {
  if (child(rule, 'ID')?.text) return rule;
  const others = rule.children.filter(({ name }) => name !== 'ID');
  return { ...rule, children: [{ name: 'ID', text: randomUUID(), children: [] }, ...others] };
}

function toWritten({ name, text, children }: ReadElement): Element {
  return [name, children.length > 0 ? children.map(toWritten) : text];
}

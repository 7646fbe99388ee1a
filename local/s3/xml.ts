import { S3Error } from './errors.ts';

/** What an element holds: text, further elements, or nothing (then it is left out). */
type Content = string | number | boolean | undefined | readonly Element[];
/** An element to be written: its name and its content. */
export type Element = readonly [name: string, content: Content];

/** An element that was read: its children, or its text when it has none. */
export interface ReadElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly ReadElement[];
}

const NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** Writes a response document; errors carry no namespace, everything else does. */
export function writeXml([name, content]: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name}${name === 'Error' ? '' : NAMESPACE}>${write(content)}</${name}>`;
}

/** Reads a request document with that root: elements, text, entities; anything else (DOCTYPE, CDATA, comments) is MalformedXML. */
export function readXml(document: string, root: string): ReadElement {
  const body = document.replace(/^\uFEFF?\s*(<\?xml [^<>]*\?>)?\s*/, '').trimEnd();
  const stack: { name: string; text: string; children: ReadElement[] }[] = [{ name: '', text: '', children: [] }];
  let rest = 0;
  for (const match of body.matchAll(/<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+xmlns(?::[a-z]+)?="[^"<]*")*)\s*(\/?)>|([^<]+)/gy)) {
    const [token, closing, name = '', , empty, text] = match;
    rest += token.length;
    const current = stack.at(-1) as (typeof stack)[number];
    if (text !== undefined) current.text += resolveEntities(text);
    else if (closing) {
      if (stack.length < 2 || current.name !== name || (current.children.length > 0 && current.text.trim() !== '')) throw malformed();
      stack.pop();
    } else {
      const element = { name, text: '', children: [] };
      current.children.push(element);
      if (!empty) stack.push(element);
    }
  }
  const [outside] = stack;
  const [element, ...others] = outside?.children ?? [];
  if (rest !== body.length || stack.length !== 1 || outside?.text !== '' || element?.name !== root || others.length > 0) throw malformed();
  return element;
}

/** The texts of an element's children by name; a child that is not listed, or there twice, is refused. */
export function readFields<Name extends string>(element: ReadElement, names: readonly Name[]): Partial<Record<Name, string>> {
  const fields: Partial<Record<Name, string>> = {};
  for (const { name, text, children } of element.children) {
    if (!names.includes(name as Name)) throw new S3Error('NotImplemented', `The element ${element.name}/${name} is not implemented.`);
    if (children.length > 0 || name in fields) throw malformed();
    fields[name as Name] = text;
  }
  return fields;
}

/** The refusal of a document that is not what the operation expects. */
export function malformed(): S3Error {
  return new S3Error('MalformedXML', 'The XML you provided was not well-formed or did not validate against the schema.');
}

function write(content: Content): string {
  if (content === undefined) return '';
  if (typeof content !== 'object') return escapeText(String(content));
  return content.map(([name, inner]) => (inner === undefined ? '' : `<${name}>${write(inner)}</${name}>`)).join('');
}

function escapeText(text: string): string {
  // Control characters may not stand in XML 1.0 even as references, yet S3 writes them so, and its clients read them so.
  return text.replace(/[&<>"\p{Cc}]/gu, (character) => `&#${character.charCodeAt(0)};`);
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function resolveEntities(text: string): string {
  return text.replace(/&([^;]*);?/g, (reference, body: string) => {
    const code = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(body);
    const character = code ? fromCode(Number.parseInt(code[1] ?? code[2] ?? '', code[1] ? 16 : 10)) : named[body];
    if (character === undefined || !reference.endsWith(';')) throw malformed();
    return character;
  });
}

function fromCode(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

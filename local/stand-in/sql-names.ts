/** A quoted or plain name as a pattern with one group. */
export const NAME = "(`(?:[^`]|``)*`|'(?:[^'\\\\]|\\\\.)*'|[\\w$]+)";
/** An account, as a pattern with two groups. */
export const ACCOUNT = `${NAME}@${NAME}`;

/** The bare name behind its quotes. */
export function unquote(name: string): string {
  if (name.startsWith('`')) return name.slice(1, -1).replaceAll('``', '`');
  if (name.startsWith("'")) return name.slice(1, -1).replace(/\\(.)/g, '$1');
  return name;
}

/** A name as SHOW CREATE prints it. */
export function backquote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A text as MySQL's QUOTE() prints it. */
export function quote(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** An account by its user and host, as MySQL's QUOTE() prints them: under this name the stand-in keeps it. */
export function accountName(user: string, host: string): string {
  return `${quote(unquote(user))}@${quote(unquote(host))}`;
}

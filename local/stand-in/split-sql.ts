/** One statement of a script, and the number of its first line. */
export interface Statement {
  readonly text: string;
  readonly line: number;
}

const QUOTED = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`/y;
const COMMENT = /(?:-- |--(?=\n)|#)[^\n]*|\/\*(?!!)[\s\S]*?\*\//y;

/**
 * Cuts a script into its statements as the mysql client does: at the delimiter, unless it stands in quotes or a comment. Comments
 * that MySQL executes are unwrapped; those before a statement go.
 */
export function splitSql(script: string): Statement[] {
  const statements: Statement[] = [];
  let [delimiter, start, at] = [';', 0, 0];

  const finish = (end: number) => {
    const raw = script.slice(start, end);
    const leading = /^(?:\s|-- [^\n]*\n|--\n)*/.exec(raw)?.[0].length ?? 0;
    const text = unwrap(raw.slice(leading)).trim();
    if (text !== '') statements.push({ text, line: script.slice(0, start + leading).split('\n').length });
  };
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(script);
    if (found) at = pattern.lastIndex;
    return found !== null;
  };

  while (at < script.length) {
    const command = /^DELIMITER (\S+)\n/i.exec(script.slice(at, at + 40));
    if (command?.[1] && script.slice(start, at).trim() === '') {
      delimiter = command[1];
      at += command[0].length;
      start = at;
    } else if (script.startsWith(delimiter, at)) {
      finish(at);
      at += delimiter.length;
      start = at;
    } else if (!skip(QUOTED) && !skip(COMMENT)) {
      at++;
    }
  }
  finish(script.length);
  return statements;
}

function unwrap(text: string): string {
  return text.replace(/\/\*!\d{5} ?([\s\S]*?)\*\//g, '$1');
}

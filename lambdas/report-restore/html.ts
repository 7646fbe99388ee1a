/** Text that is HTML already. */
export interface Markup {
  readonly markup: string;
}

type Content = string | number | Markup | readonly Content[];

/** A piece of HTML; whatever is put into it and is not {@link Markup} is text, and stays that. */
export function html(texts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return { markup: texts.map((text, index) => (index === 0 ? '' : write(contents[index - 1] as Content)) + text).join('') };
}

function write(content: Content): string {
  if (typeof content === 'object') return 'markup' in content ? content.markup : content.map(write).join('');
  return textOf(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Characters that are not seen, or turn the direction of others, are shown by their numbers. */
function textOf(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** `@` in a comment: whether a name is being typed at the caret, and the text with a person put there. */

export interface Mention {
  /** Where the `@` stands. */
  readonly from: number;
  /** Where the typed part ends: the caret. */
  readonly to: number;
  readonly q: string;
}

const MOST = 40; // a longer word is no name

/** The name under the caret, or null. An `@` inside a word is an e-mail address, not a mention. */
export function mentionAt(text: string, caret: number): Mention | null {
  const before = text.slice(Math.max(0, caret - MOST - 1), caret);
  const found = /(?:^|[\s(«"'[{])@([\p{L}\p{N}._-]{0,40}(?: [\p{L}._-]{1,30})?)$/u.exec(before);
  const q = found?.[1];
  return q === undefined ? null : { from: caret - q.length - 1, to: caret, q };
}

/** The text with `name` in place of the mention, and where the caret goes. */
export function complete(text: string, at: Mention, name: string): { readonly text: string; readonly caret: number } {
  const after = text.slice(at.to);
  const put = `@${name}${/^[\s.,;:!?)]/.test(after) ? '' : ' '}`;
  return { text: text.slice(0, at.from) + put + after, caret: at.from + put.length };
}

/** `source` as a quotation, each line after `> `, below a line that says whose it is: what Redmine's own "Quote" writes. */
export function quoted(source: string, intro: string): string {
  const lines = source.replaceAll('\r\n', '\n').trim().split('\n');
  return `${intro}\n${lines.map((line) => (line ? `> ${line}` : '>')).join('\n')}\n\n`;
}

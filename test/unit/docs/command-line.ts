/** A line of a shell, as the pages show them: split into the commands that it runs, as words. */

/** What a page writes behind a command, two spaces or a hash apart, is for people. */
const REMARK = /\s{2,}(?![^'"]*['"]$).*$|\s+#\s.*$/;

/** The command of a line of a block, without the prompt and the remark behind it. */
export const commandOf = (line: string): string => line.replace(/^[$#] /, '').replace(REMARK, '');

/**
 * The commands that a line runs, each as its words: what `&&`, `||`, `;` and `|` separate. Redirections and assignments
 * before a command are left out. `[--option FILE]`, as usages write it, is taken as given.
 */
export function commandsIn(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const { quoted, text } of wordsOf(line)) {
    if (!quoted && /^(&&|\|\|?|;)$/.test(text)) commands.push([]);
    else commands.at(-1)?.push(text);
  }
  return commands.map(withoutRedirections).filter((words) => words.length > 0);
}

interface Word {
  readonly text: string;
  readonly quoted: boolean;
}

function wordsOf(line: string): Word[] {
  const pieces = line.matchAll(/&&|\|\|?|;|\d?>{1,2}|<|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"|;&<>\\])+/g);
  return [...pieces].map(([piece]) => ({ text: unquote(piece), quoted: /['"\\]/.test(piece) }));
}

const unquote = (piece: string): string =>
  piece.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_all, single?: string, double?: string, escaped?: string) =>
    (single ?? double ?? escaped ?? '').replaceAll(/\\(["\\$`])/g, '$1'),
  );

function withoutRedirections(words: readonly string[]): string[] {
  const kept = words.filter(
    (word, index) => !/^\d?>{1,2}$|^<$/.test(word) && !/^\d?>{1,2}$|^<$/.test(words[index - 1] ?? ''),
  );
  const first = kept.findIndex((word) => !/^[A-Z_]+=/.test(word));
  return first === -1 ? [] : kept.slice(first).map((word) => word.replace(/^\[(?=-)/, '').replace(/(?<=\w)\]$/, ''));
}

/** The lines of a text, those that end with a backslash together with the next one. */
export const continued = (text: string): string[] => text.replaceAll(/\s*\\\n\s*/g, ' ').split('\n');

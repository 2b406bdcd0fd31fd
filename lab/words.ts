/**
 * Splits a command line into words as a POSIX shell does, as far as quoting goes: no expansion of any kind.
 * @returns the words, or undefined where a quote is left open
 */
export function splitWords(text: string): string[] | undefined {
  const token = /\s*((?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+)\s*/suy;
  const words: string[] = [];
  while (token.lastIndex < text.trimEnd().length) {
    const [, word] = token.exec(text) ?? [];
    if (word === undefined) return undefined;
    words.push(unquote(word));
  }
  return words;
}

const unquote = (word: string): string =>
  word.replaceAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gsu,
    (_, single: string | undefined, double: string | undefined, escaped: string | undefined) =>
      single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? '',
  );

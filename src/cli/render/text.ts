/** Text of others, such as a peer's last words, without what a terminal would obey. */
export const clean = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(/\p{C}/gu, '\uFFFD');

/**
 * The lines of a text, none longer than `width`, broken between words; a word that is longer than a line goes on in the next
 * one, so that nothing is lost.
 */
export function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of clean(text).trim().split(' ')) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) lines[lines.length - 1] = longer;
    else lines.splice(line === '' ? -1 : lines.length, line === '' ? 1 : 0, ...pieces(word, width));
  }
  return lines;
}

const pieces = (word: string, width: number): string[] =>
  Array.from({ length: Math.ceil(word.length / width) }, (_, index) => word.slice(index * width, (index + 1) * width));

/** As `wrapped`, with `first` before the first line and as much room before the others, or `rest` instead. */
export const hanging = (first: string, text: string, width: number, rest = ' '.repeat(first.length)): string[] =>
  wrapped(text, width - Math.max(first.length, rest.length)).map((line, index) =>
    `${index === 0 ? first : rest}${line}`.trimEnd(),
  );

/** `90 s`, `12 min`, `5 h`, `3 d`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** `2023-11-14 22:13:30Z`, of milliseconds since the epoch. */
export const moment = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;

/** `1 connection`, `2,000 connections`. */
export const countOf = (count: number, one: string, many = `${one}s`): string =>
  `${whole(count)} ${count === 1 ? one : many}`;

/** `12,345`. */
export const whole = (value: number): string => String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in five characters or so: `950 B`, `1.2 kB`, `34 MB`. */
export function bytes(value: number): string {
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), UNITS.length - 1);
  const scaled = value / 1000 ** power;
  return `${power > 0 && scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)} ${UNITS[power]}`;
}

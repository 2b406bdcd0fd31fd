/** The known name that a mistyped one was most likely meant to be; undefined where none is close. */
export function suggest(written: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((name) => ({ name, distance: distance(plain(written), plain(name)) }))
    .toSorted((a, b) => a.distance - b.distance);
  return best && best.distance <= Math.max(1, Math.floor(best.name.length / 3)) ? best.name : undefined;
}

/** `hold_down`, `HoldDown` and `hold-down` are slips of style, not of spelling. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_ ]/g, '');

/** Levenshtein's distance: insertions, deletions and replacements of one character. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(from).entries()) row = nextRow(row, letter, index + 1, to);
  return row.at(-1) ?? 0;
}

function nextRow(above: readonly number[], letter: string, first: number, to: string): number[] {
  const row = [first];
  for (let column = 1; column <= to.length; column++) {
    const replaced = (above[column - 1] ?? 0) + (to[column - 1] === letter ? 0 : 1);
    row.push(Math.min(replaced, (above[column] ?? 0) + 1, (row[column - 1] ?? 0) + 1));
  }
  return row;
}

/** From the upper left corner over what stands there; the end of each line and what is below are cleared. */
const HOME = '\u001B[H';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

/**
 * What draws lines on a terminal in place of those before, without a flicker. Those that do not fit are counted in its last
 * line.
 */
export function framed(lines: readonly string[], rows: number): string {
  const hidden = lines.length > rows ? lines.length - rows + 1 : 0;
  const sign = hidden > 0 ? [`... ${hidden} more lines: make the terminal higher, or leave out --watch`] : [];
  const shown = [...lines.slice(0, lines.length - hidden), ...sign];
  return `${HOME}${shown.map((line) => `${line}${CLEAR_LINE}`).join('\r\n')}${CLEAR_BELOW}`;
}

import { PLAIN, type Screen } from './render/screen.ts';

const NARROWEST = 60;

/** What stdout is. Colour is for terminals alone, and for those who do not ask for none (https://no-color.org). */
export function screenOf(all: true | undefined): Screen {
  const { columns, isTTY } = process.stdout;
  const colour = isTTY && !process.env['NO_COLOR'];
  return { width: columns ? Math.max(NARROWEST, columns) : PLAIN.width, colour, all: all === true };
}

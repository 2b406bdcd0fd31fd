import { styleText } from 'node:util';

/** What a text is written for. */
export interface Screen {
  /** No line is longer than this. */
  readonly width: number;
  readonly colour: boolean;
  /** Whether everything is to be shown, however long that is. */
  readonly all: boolean;
}

/** Anything that is no terminal. */
export const PLAIN: Screen = { width: 80, colour: false, all: false };

export type Style = 'green' | 'yellow' | 'red' | 'bold' | 'dim';

/** The text in a style, where the screen has colours. It does not change what is read. */
export const paint = ({ colour }: Screen, style: Style | undefined, text: string): string =>
  colour && style !== undefined ? styleText(style, text, { validateStream: false }) : text;

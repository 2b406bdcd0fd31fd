/** As much of Markdown as the pages of this project are written in. */

/** A block of code: fenced, or indented by four spaces or more behind an empty line. */
export interface Block {
  /** `docs/x.md:12`, the line of its first text. */
  readonly place: string;
  /** What stands behind the fence, such as `yaml`; undefined for an indented block. */
  readonly info: string | undefined;
  readonly text: string;
}

/** A piece of a line, and where it stands. */
export interface Piece {
  readonly place: string;
  readonly text: string;
}

export interface Page {
  readonly file: string;
  readonly blocks: readonly Block[];
  /** Inline code, without its backticks. */
  readonly inlines: readonly Piece[];
  /** The targets of links and pictures. */
  readonly links: readonly Piece[];
  /** What GitHub makes of the headings, to be linked to. */
  readonly anchors: readonly string[];
  /** Each table as its rows, and each row as its cells. */
  readonly tables: readonly Table[];
  /** All lines that are no code, with their inline code. */
  readonly prose: readonly Piece[];
}

interface Table {
  readonly place: string;
  readonly rows: readonly (readonly string[])[];
}

/**
 * @param file its path from the root of the checkout, for `place`
 * @param text the page
 */
export function parsePage(file: string, text: string): Page {
  const { blocks, prose } = splitCode(file, text.split('\n'));
  const paragraphs = paragraphsOf(prose);
  return {
    file,
    blocks,
    prose,
    inlines: paragraphs.flatMap((paragraph) => matches(paragraph, /(`+)(.+?)\1(?!`)/g, 2)),
    links: paragraphs.flatMap((paragraph) => matches(withoutCode(paragraph), /\]\(([^)\s]+)\)/g, 1)),
    anchors: anchorsOf(prose.flatMap(({ text: line }) => /^#+ (.+)$/.exec(line)?.[1] ?? [])),
    tables: tablesOf(prose),
  };
}

const FENCE = /^( *)(`{3,})(.*)$/;

function splitCode(file: string, lines: readonly string[]): { blocks: Block[]; prose: Piece[] } {
  const blocks: Block[] = [];
  const prose: Piece[] = [];
  for (let at = 0; at < lines.length;) {
    const place = `${file}:${at + 1}`;
    const line = lines[at] ?? '';
    const block = fencedAt(lines, at) ?? indentedAt(lines, at);
    if (block) blocks.push({ place, info: block.info, text: block.text });
    else prose.push({ place, text: line });
    at = block?.end ?? at + 1;
  }
  return { blocks, prose };
}

interface Found extends Omit<Block, 'place'> {
  /** The line behind it. */
  readonly end: number;
}

function fencedAt(lines: readonly string[], start: number): Found | undefined {
  const [, indent = '', fence = '', info = ''] = FENCE.exec(lines[start] ?? '') ?? [];
  if (fence === '') return undefined;
  const length = lines.slice(start + 1).findIndex((line) => line.trim() === fence);
  const end = length === -1 ? lines.length : start + 1 + length;
  const text = lines.slice(start + 1, end).map((line) => line.slice(indent.length));
  return { info: info.trim(), text: text.join('\n'), end: end + 1 };
}

function indentedAt(lines: readonly string[], start: number): Found | undefined {
  if (!lines[start]?.startsWith('    ') || (lines[start - 1] ?? '') !== '') return undefined;
  const length = lines.slice(start).findIndex((line) => line !== '' && !line.startsWith('    '));
  const end = length === -1 ? lines.length : start + length;
  const found = lines.slice(start, end);
  // More than four in a list.
  const indent = Math.min(...found.filter((line) => line !== '').map((line) => line.search(/\S/)));
  const text = found.map((line) => line.slice(indent));
  return { info: undefined, text: text.join('\n').trimEnd(), end };
}

/** Lines that flow into each other are one piece: inline code and links may be broken at the end of a line. */
function paragraphsOf(prose: readonly Piece[]): Piece[] {
  const paragraphs: Piece[] = [];
  for (const [index, { place, text }] of prose.entries()) {
    const before = prose[index - 1]?.text ?? '';
    const last = paragraphs.at(-1);
    const begins =
      last === undefined || before === '' || /^\s*(#|\||[-*] |\d+\. )/.test(text) || before.startsWith('|');
    if (begins) paragraphs.push({ place, text });
    else paragraphs[paragraphs.length - 1] = { place: last.place, text: `${last.text}\n${text}` };
  }
  return paragraphs;
}

const matches = ({ place, text }: Piece, pattern: RegExp, group: number): Piece[] =>
  [...text.matchAll(pattern)].map((match) => ({
    place,
    text: (match[group] ?? '')
      .replaceAll(/\n\s*/g, ' ')
      .replaceAll(String.raw`\|`, '|')
      .trim(),
  }));

const withoutCode = ({ place, text }: Piece): Piece => ({ place, text: text.replaceAll(/`[^`]*`/g, '`') });

function anchorsOf(headings: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return headings.map((heading) => {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

function tablesOf(prose: readonly Piece[]): Table[] {
  const tables: { place: string; rows: string[][] }[] = [];
  for (const [index, { place, text }] of prose.entries()) {
    if (!text.startsWith('|')) continue;
    if (!prose[index - 1]?.text.startsWith('|')) tables.push({ place, rows: [] });
    tables.at(-1)?.rows.push(cellsOf(text));
  }
  return tables;
}

/** A `\|` is part of a cell. */
const cellsOf = (row: string): string[] =>
  row
    .replace(/^\|/, '')
    .replace(/\|\s*$/, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());

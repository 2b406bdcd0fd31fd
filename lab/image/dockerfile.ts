import { LabError } from '../error.ts';
import { splitWords } from '../words.ts';

/** One `FROM` and what follows it. */
export interface Stage {
  /** What a later `COPY --from` calls it: `FROM ... AS name`. */
  readonly name: string | undefined;
  readonly base: string;
  readonly line: number;
  readonly instructions: readonly Instruction[];
}

/** An instruction, with the line of the file that it begins in. */
export type Instruction = { readonly line: number } & (
  | {
      readonly op: 'COPY';
      readonly from: string | undefined;
      readonly sources: readonly string[];
      readonly target: string;
    }
  | { readonly op: 'RUN'; readonly command: string }
  | { readonly op: 'WORKDIR'; readonly path: string }
  | { readonly op: 'USER'; readonly user: string }
  | { readonly op: 'ENV' | 'LABEL'; readonly pairs: Readonly<Record<string, string>> }
  | { readonly op: 'ENTRYPOINT' | 'CMD'; readonly argv: readonly string[] }
);

/** A line of the file with those that continue it, and without comments. */
interface Line {
  readonly number: number;
  readonly op: string;
  readonly rest: string;
}

/** Says what is wrong with a line; never returns. */
type Refuse = (problem: string) => never;

/**
 * Reads a Dockerfile (docs.docker.com/reference/dockerfile), as far as this project uses the language. Everything else is
 * refused, so that what is built here is what docker would build: variables, wildcards, here-documents, flags but
 * `COPY --from`, the shell form of `CMD`, and instructions that are not in `READERS`.
 * @param place what errors call the file
 * @throws {LabError} with the place and the line number of the first line that is not understood
 */
export function parseDockerfile(text: string, place: string): readonly Stage[] {
  const stages: { name: string | undefined; base: string; line: number; instructions: Instruction[] }[] = [];
  for (const line of logicalLines(text)) {
    const refuse: Refuse = (problem) => {
      throw new LabError(`${place}:${line.number}: ${problem}`);
    };
    const stage = stages.at(-1);
    if (line.op === 'FROM') stages.push({ ...readFrom(line.rest, refuse), line: line.number, instructions: [] });
    else if (stage === undefined) refuse(`expected FROM first, found ${line.op}`);
    else stage.instructions.push(readInstruction(line, stages.slice(0, -1), refuse));
  }
  if (stages.length === 0) throw new LabError(`${place}:1: expected FROM first, found nothing`);
  return stages;
}

/** Comments and empty lines do not end an instruction that is continued over them. */
function logicalLines(text: string): Line[] {
  const lines: Line[] = [];
  let open: { number: number; text: string } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const number = open?.number ?? index + 1;
    const [, content = '', more] = /^(.*?)(\\)?\s*$/.exec(line) ?? [];
    const joined = `${open?.text ?? ''}${content}`;
    open = more === undefined ? undefined : { number, text: joined };
    if (open === undefined) lines.push(asLine(number, joined));
  }
  return open === undefined ? lines : [...lines, asLine(open.number, open.text)];
}

function asLine(number: number, text: string): Line {
  const [, op = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(text.trimEnd()) ?? [];
  return { number, op: op.toUpperCase(), rest };
}

function readFrom(rest: string, refuse: Refuse): Pick<Stage, 'base' | 'name'> {
  const [, base, name] = /^([^\s$-]\S*)(?:\s+as\s+([a-z][\w.-]*))?$/i.exec(rest) ?? [];
  return base === undefined ? refuse(`FROM: expected IMAGE [AS NAME], found ${rest}`) : { base, name };
}

function readInstruction({ number, op, rest }: Line, before: readonly Stage[], refuse: Refuse): Instruction {
  const reader = READERS[op];
  if (reader === undefined) refuse(`expected one of FROM, ${Object.keys(READERS).join(', ')}, found ${op}`);
  if (rest === '') refuse(`${op}: expected something behind it, found nothing`);
  const instruction = { line: number, ...reader(rest, (problem) => refuse(`${op}: ${problem}`)) };
  if (instruction.op === 'COPY' && instruction.from !== undefined) expectStage(instruction.from, before, refuse);
  return instruction;
}

function expectStage(name: string, before: readonly Stage[], refuse: Refuse): void {
  if (before.some((stage) => stage.name === name)) return;
  refuse(`COPY: expected an earlier stage behind --from, found ${name}`);
}

/** What an instruction says, without its place. */
type Said = Instruction extends infer One ? (One extends unknown ? Omit<One, 'line'> : never) : never;

const READERS: Readonly<Record<string, (rest: string, refuse: Refuse) => Said>> = {
  COPY: readCopy,
  RUN: readRun,
  WORKDIR: (rest, refuse) => ({ op: 'WORKDIR', path: absolute(rest, refuse) }),
  USER: (rest, refuse) => ({
    op: 'USER',
    user: /^[\w.-]+(:[\w.-]+)?$/.test(rest) ? rest : refuse(`expected USER[:GROUP], found ${rest}`),
  }),
  ENV: (rest, refuse) => ({ op: 'ENV', pairs: readPairs(rest, refuse) }),
  LABEL: (rest, refuse) => ({ op: 'LABEL', pairs: readPairs(rest, refuse) }),
  ENTRYPOINT: (rest, refuse) => ({ op: 'ENTRYPOINT', argv: readArgv(rest, refuse) }),
  CMD: (rest, refuse) => ({ op: 'CMD', argv: readArgv(rest, refuse) }),
};

function readCopy(rest: string, refuse: Refuse): Said {
  const words = rest.split(/\s+/);
  const flags = words.filter((word) => word.startsWith('--'));
  const other = flags.find((flag) => !/^--from=.+/.test(flag));
  if (other !== undefined || flags.length > 1)
    refuse(`expected no flag but one --from=STAGE, found ${flags.join(' ')}`);
  const paths = words.filter((word) => !word.startsWith('--'));
  const odd = paths.find((path) => /[*?[\]$"'\\]|<<|(^|\/)\.\.(\/|$)/.test(path));
  if (odd !== undefined) refuse(`expected plain paths without variables, wildcards, quotes and .., found ${odd}`);
  const sources = paths.slice(0, -1);
  const target = paths.at(-1) ?? '';
  if (sources.length === 0) refuse(`expected SOURCE... TARGET, found ${rest}`);
  if (sources.length > 1 && !target.endsWith('/'))
    refuse(`expected a target that ends with / for several sources, found ${target}`);
  return { op: 'COPY', from: flags[0]?.slice('--from='.length), sources, target };
}

function readRun(command: string, refuse: Refuse): Said {
  const [odd] = /^(--\S+|\[)|<<-?\s*["']?\w+/.exec(command) ?? [];
  if (odd !== undefined) refuse(`expected a plain shell command, found ${odd}`);
  return { op: 'RUN', command };
}

function readPairs(rest: string, refuse: Refuse): Readonly<Record<string, string>> {
  if (rest.includes('$')) refuse(`expected NAME=VALUE without $, found ${rest}`);
  const pairs = splitWords(rest)?.map((word) => /^([\w.-]+)=(.*)$/s.exec(word));
  if (pairs === undefined || pairs.includes(null)) return refuse(`expected NAME=VALUE..., found ${rest}`);
  return Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? '', pair?.[2] ?? '']));
}

/** The exec form alone: the shell form puts a shell between kubelet's signals and the program. */
function readArgv(rest: string, refuse: Refuse): readonly string[] {
  const words = rest.startsWith('[') ? wordsOf(rest) : undefined;
  return words ?? refuse(`expected a JSON array of strings, found ${rest}`);
}

function wordsOf(json: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

const absolute = (path: string, refuse: Refuse): string =>
  /^\/[^\s$"']*$/.test(path) ? path : refuse(`expected an absolute path without variables, found ${path}`);

import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { LabError } from '../error.ts';
import type { Instruction, Stage } from './dockerfile.ts';

/** What an image says about how it is run, as docker keeps it beside the files. */
export interface ImageConfig {
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
}

/** One step that changes files. `key` names its result: the same key is the same files. */
export interface Layer {
  readonly key: string;
  readonly line: number;
  readonly step: LayerStep;
}

export type LayerStep =
  | { readonly op: 'FROM'; readonly part: BasePart['name'] }
  | { readonly op: 'RUN'; readonly command: string; readonly config: ImageConfig }
  | { readonly op: 'WORKDIR'; readonly path: string }
  /** `from` is the layers of another stage, lowest first; undefined for the checkout. `target` is absolute. */
  | {
      readonly op: 'COPY';
      readonly from: readonly Layer[] | undefined;
      readonly sources: readonly string[];
      readonly target: string;
    };

/** A stage as it is built: its layers, the lowest first, and what is set at its end. */
export interface PlannedStage {
  readonly name: string | undefined;
  readonly layers: readonly Layer[];
  readonly config: ImageConfig;
}

/** What a base image is made of here, one layer each; `from` changes when its content would. */
export interface BasePart {
  readonly name: 'debian' | 'node';
  readonly from: string;
}

/** What the keys are made of beside the Dockerfile's own text. */
export interface Inputs {
  /** What the base image of that name is made of, the lowest first; undefined where there is no stand-in for it. */
  readonly base: (image: string) => readonly BasePart[] | undefined;
  /** A digest of a file or folder of the checkout; undefined where it is not there, or not sent to docker. */
  readonly digest: (path: string) => string | undefined;
  /** What else a result depends on, for all. */
  readonly salt: string;
}

/** PATH is that of Debian's and Node's images. */
const BARE: ImageConfig = {
  env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  labels: {},
  workdir: '/',
  user: 'root',
  entrypoint: [],
  cmd: [],
};

/**
 * Turns the stages of a Dockerfile into layers whose keys tell whether they have been made before.
 * @param place what errors call the file
 * @throws {LabError} with the line of a base image that has no stand-in, or of a source that docker would not find
 */
export function planImage(stages: readonly Stage[], inputs: Inputs, place: string): readonly PlannedStage[] {
  const planned: PlannedStage[] = [];
  for (const stage of stages) planned.push(planStage(stage, planned, inputs, place));
  return planned;
}

function planStage(stage: Stage, before: readonly PlannedStage[], inputs: Inputs, place: string): PlannedStage {
  const parts = inputs.base(stage.base);
  if (parts === undefined)
    throw new LabError(`${place}:${stage.line}: there is no stand-in for the image ${stage.base}`);
  const layers: Layer[] = [];
  for (const { name, from } of parts) {
    const key = keyOf(layers.at(-1)?.key ?? inputs.salt, from);
    layers.push({ key, line: stage.line, step: { op: 'FROM', part: name } });
  }
  let config = BARE;
  for (const instruction of stage.instructions) {
    config = configured(config, instruction);
    const step = stepOf(instruction, config, before);
    if (step === undefined) continue;
    const below = layers.at(-1)?.key ?? '';
    const key = keyOf(below, describe(step), ...contents(step, inputs, `${place}:${instruction.line}`));
    layers.push({ key, line: instruction.line, step });
  }
  return { name: stage.name, layers, config };
}

function configured(config: ImageConfig, instruction: Instruction): ImageConfig {
  switch (instruction.op) {
    case 'ENV':
      return { ...config, env: { ...config.env, ...instruction.pairs } };
    case 'LABEL':
      return { ...config, labels: { ...config.labels, ...instruction.pairs } };
    case 'WORKDIR':
      return { ...config, workdir: instruction.path };
    case 'USER':
      return { ...config, user: instruction.user };
    case 'ENTRYPOINT':
      return { ...config, entrypoint: instruction.argv };
    case 'CMD':
      return { ...config, cmd: instruction.argv };
    case 'COPY':
    case 'RUN':
      return config;
  }
}

function stepOf(instruction: Instruction, config: ImageConfig, before: readonly PlannedStage[]): LayerStep | undefined {
  switch (instruction.op) {
    case 'RUN':
      return { op: 'RUN', command: instruction.command, config };
    case 'WORKDIR':
      return { op: 'WORKDIR', path: instruction.path };
    case 'COPY':
      return {
        op: 'COPY',
        from: before.find(({ name }) => name !== undefined && name === instruction.from)?.layers,
        sources: instruction.sources,
        target: posix.resolve(config.workdir, instruction.target) + (instruction.target.endsWith('/') ? '/' : ''),
      };
    case 'ENV':
    case 'LABEL':
    case 'USER':
    case 'ENTRYPOINT':
    case 'CMD':
      return undefined;
  }
}

/** What a step says, in words of its own: labels do not change what a command does. */
const describe = (step: LayerStep): string =>
  JSON.stringify({
    ...step,
    ...(step.op === 'COPY' && { from: step.from?.at(-1)?.key }),
    ...(step.op === 'RUN' && {
      config: { env: step.config.env, workdir: step.config.workdir, user: step.config.user },
    }),
  });

/** What a step takes from the checkout. */
function contents(step: LayerStep, { digest }: Inputs, at: string): readonly string[] {
  if (step.op !== 'COPY' || step.from !== undefined) return [];
  return step.sources.map((source) => {
    const found = digest(posix.normalize(source).replace(/\/$/, ''));
    if (found !== undefined) return found;
    throw new LabError(
      `${at}: COPY: expected a file that is there and that .dockerignore lets through, found ${source}`,
    );
  });
}

const keyOf = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);

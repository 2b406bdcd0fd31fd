import { type Latency, latency } from '../latency.ts';

/** What is measured, in the order of the table. */
export const FIGURES = ['announced', 'deprioritised', 'withdrawn', 'killed', 'back'] as const;
export type FigureName = (typeof FIGURES)[number];

/** Milliseconds of each round. */
export type Samples = Record<FigureName, number[]>;
export const noSamples = (): Samples => ({ announced: [], deprioritised: [], withdrawn: [], killed: [], back: [] });

/** One gobgpd with one switch. */
export interface Place {
  readonly gobgpd: string;
  readonly switch: string;
}

export interface Figure extends Latency {
  readonly rounds: number;
}

export interface SwitchReport {
  readonly machine: { readonly kernel: string; readonly node: string };
  readonly results: readonly (Place & Record<FigureName, Figure>)[];
}

export const resultOf = (place: Place, samples: Samples): SwitchReport['results'][number] => ({
  ...place,
  announced: figure(samples.announced),
  deprioritised: figure(samples.deprioritised),
  withdrawn: figure(samples.withdrawn),
  killed: figure(samples.killed),
  back: figure(samples.back),
});

const figure = (samples: readonly number[]): Figure => ({ rounds: samples.length, ...latency(samples) });

import { type Latency, latency } from '../latency.ts';

/** What a decision came to: announced in full again, or one of the lesser states. */
export const DECISIONS = ['deprioritised', 'withdrawn', 'announced'] as const;
export type DecisionName = (typeof DECISIONS)[number];

/** Milliseconds from the outcome of the probe, handed to the agent. */
export interface Sample {
  /** Until the call that moves the path is issued. */
  readonly issued: number;
  /** Until gobgpd has answered it. */
  readonly answered: number;
  /** Until the switch has told of the UPDATE. */
  readonly onSwitch: number;
}
export const STAGES = ['issued', 'answered', 'onSwitch'] as const satisfies readonly (keyof Sample)[];

export type Samples = Record<DecisionName, Sample[]>;
export const noSamples = (): Samples => ({ deprioritised: [], withdrawn: [], announced: [] });

export interface Figure {
  readonly ours: Latency;
  /** As it was before: everything is read before anything is written. */
  readonly readFirst: Latency;
}

export interface DecisionReport extends Record<keyof Sample, Figure> {
  readonly decisions: { readonly ours: number; readonly readFirst: number };
}

export interface AnnounceReport extends Record<DecisionName, DecisionReport> {
  readonly machine: { readonly kernel: string; readonly node: string };
  readonly targetIssuedP99: number;
  /** Over all decisions. */
  readonly issuedP99: number;
  readonly met: boolean;
}

/** Milliseconds from a failing outcome to the call, at the 99th percentile. */
const TARGET_ISSUED_P99 = 10;

export function reportOf(ours: Samples, readFirst: Samples, machine: AnnounceReport['machine']): AnnounceReport {
  const issuedP99 = latency(DECISIONS.flatMap((name) => ours[name].map(({ issued }) => issued))).p99;
  const of = (name: DecisionName): DecisionReport => decisionReport(ours[name], readFirst[name]);
  return {
    machine,
    targetIssuedP99: TARGET_ISSUED_P99,
    issuedP99,
    met: issuedP99 <= TARGET_ISSUED_P99,
    deprioritised: of('deprioritised'),
    withdrawn: of('withdrawn'),
    announced: of('announced'),
  };
}

function decisionReport(ours: readonly Sample[], readFirst: readonly Sample[]): DecisionReport {
  const figure = (stage: keyof Sample): Figure => ({
    ours: latency(ours.map((sample) => sample[stage])),
    readFirst: latency(readFirst.map((sample) => sample[stage])),
  });
  return {
    decisions: { ours: ours.length, readFirst: readFirst.length },
    issued: figure('issued'),
    answered: figure('answered'),
    onSwitch: figure('onSwitch'),
  };
}

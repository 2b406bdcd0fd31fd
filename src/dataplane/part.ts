import { explain, isLack } from '../model/error.ts';

/** What somebody else changed and was put right: the label of a metric, never renamed or used for something else. */
export const DRIFT_KINDS = [
  'sysctl',
  'filter',
  'served-set',
  'snat',
  'mss',
  'virtual-server-missing',
  'virtual-server-changed',
  'virtual-server-unexpected',
  'real-server-missing',
  'real-server-changed',
  'real-server-unexpected',
  'range-route',
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** What one part of the data plane found and did in one pass. */
export interface PartReport {
  /** What had to be changed, in words; empty where the kernel already held what is wanted. */
  readonly changes: readonly string[];
  /** What is still wrong after reading back; empty where all is well. */
  readonly problems: readonly string[];
  /**
   * Why something could not be looked at, where that is for want of something that this process needs: whether it is right
   * is not known. Absent where everything was looked at.
   */
  readonly unknown?: readonly string[];
  /** What of it somebody else had changed; absent where nobody did. */
  readonly drift?: readonly DriftKind[];
  /** What somebody else changes again and again, so that it is left as it is; absent where there is no such thing. */
  readonly contested?: readonly string[];
  /** IPVS schedulers that are asked for and that the kernel does not have; absent where there is none. */
  readonly missingSchedulers?: readonly string[];
}

/** The four steps every part of the data plane takes. */
export interface Steps<Operation> {
  /** Reads what is, and compares it with what is wanted: the operations that are left to do. */
  readonly plan: () => Operation[] | Promise<Operation[]>;
  /** Does them, and returns what was refused, in words. */
  readonly apply: (operations: readonly Operation[]) => string[] | Promise<string[]>;
  readonly format: (operation: Operation) => string;
}

/** The kernel already held what is wanted. */
export const NOTHING_TO_DO: PartReport = { changes: [], problems: [] };

/**
 * Read, plan, apply, read back. A refusal alone is no problem, such as deleting what is gone already: only what is
 * still to do afterwards is.
 */
export async function ensurePart<Operation>({ plan, apply, format }: Steps<Operation>): Promise<PartReport> {
  const operations = await plan();
  if (operations.length === 0) return NOTHING_TO_DO;
  const refused = await apply(operations);
  const left = (await plan()).map((operation) => `still to do: ${format(operation)}`);
  return { changes: operations.map(format), problems: left.length > 0 ? [...refused, ...left] : [] };
}

/** Two looks at the same part as one. */
export function joined(a: PartReport, b: PartReport): PartReport {
  const drift = [...(a.drift ?? []), ...(b.drift ?? [])];
  const contested = [...(a.contested ?? []), ...(b.contested ?? [])];
  const unknown = [...(a.unknown ?? []), ...(b.unknown ?? [])];
  const missingSchedulers = [...new Set([...(a.missingSchedulers ?? []), ...(b.missingSchedulers ?? [])])];
  return {
    changes: [...a.changes, ...b.changes],
    problems: [...a.problems, ...b.problems],
    ...(unknown.length > 0 && { unknown }),
    ...(drift.length > 0 && { drift }),
    ...(contested.length > 0 && { contested }),
    ...(missingSchedulers.length > 0 && { missingSchedulers }),
  };
}

/** Several steps of one part, one behind the other. One that fails is a problem and does not stop the others. */
export async function inTurn(steps: readonly (() => Promise<PartReport>)[]): Promise<PartReport> {
  let report = NOTHING_TO_DO;
  for (const step of steps) report = joined(report, await attempt(step));
  return report;
}

/** What a step reports; one that throws reports what it threw as a problem, or as what could not be looked at. */
export async function attempt(step: () => Promise<PartReport>): Promise<PartReport> {
  try {
    return await step();
  } catch (error) {
    if (isLack(error)) return { ...NOTHING_TO_DO, unknown: [explain(error)] };
    return { changes: [], problems: [explain(error)] };
  }
}

import type { GobgpdVersion } from '../../lab/gobgpds.ts';
import type { TorKind } from '../../lab/lab.ts';
import type { Kind } from '../../lab/machine/kind.ts';
import { failed } from '../../lab/observe/traffic.ts';
import { pause, type Stage, whole } from './stage.ts';

/** A row of the failure table: what breaks, what is measured then, and within which time it has to be right. */
export interface Row {
  /** What `--only` calls it. */
  readonly name: string;
  /** The failure, in the words of the failure table. */
  readonly title: string;
  /** What the bound is about, as `withdrawn` or `repaired`. */
  readonly measures: string;
  /** Milliseconds; 0 where nothing may happen at all. */
  readonly boundMs: number;
  readonly switches: readonly TorKind[];
  /** The kinds of machine it can be played on; all where not said. */
  readonly machines?: readonly Kind[];
  /** The gobgpd that it takes; any where not said. */
  readonly gobgpd?: GobgpdVersion;
  /** Makes the fault, watches, and mends it. */
  play(stage: Stage): Promise<Played>;
}

/** What became of a fault. Times are milliseconds after the action they belong to; undefined for what never came. */
export interface Played {
  /** When it was made: milliseconds since the epoch. */
  readonly at: number;
  readonly measuredMs: number | undefined;
  readonly detectedMs?: number | undefined;
  readonly routeChangedMs?: number | undefined;
  /** From the end of the fault to the switch using the node again. */
  readonly backMs?: number | undefined;
  /** What else has to be true. */
  readonly sightings?: readonly Sighting[];
  readonly notes?: readonly string[];
}

export interface Sighting {
  readonly what: string;
  readonly seen: boolean;
}

/** A row as it is reported. */
export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly switch: TorKind;
  readonly measures: string;
  readonly boundMs: number;
  readonly measuredMs: number | null;
  readonly ok: boolean;
  readonly detectedMs: number | null;
  readonly routeChangedMs: number | null;
  readonly backMs: number | null;
  /** Requests of the client from the fault until the lab was whole again, and the failed ones of them. */
  readonly requests: number;
  readonly failed: number;
  readonly lostConnections: number;
  readonly notes: readonly string[];
}

/** Requests that were sent before a row ended and are not answered yet. */
const LATE_MS = 1500;

/** Plays a row, and waits until the lab is as it was before. */
export async function playRow(stage: Stage, row: Row): Promise<RowResult> {
  const { now, say, streams, tor, traffic } = stage;
  say(`${row.name}: ${row.title}`);
  const begin = now();
  const played = await row.play(stage).catch((error: unknown) => broken(begin, error));
  const restored = await whole(stage);
  const end = now();
  await pause(LATE_MS);
  const samples = traffic.between(played.at, end);
  const verdict = judge(row, played, restored !== undefined);
  const result = {
    name: row.name,
    title: row.title,
    switch: tor.kind,
    measures: row.measures,
    boundMs: row.boundMs,
    measuredMs: played.measuredMs ?? null,
    ...verdict,
    detectedMs: played.detectedMs ?? null,
    routeChangedMs: played.routeChangedMs ?? null,
    backMs: played.backMs ?? null,
    requests: samples.length,
    failed: failed(samples).length,
    lostConnections: streams.between(played.at, end).length,
  };
  say(
    `${row.name}: ${result.ok ? 'ok' : 'NOT OK'}, ${row.measures}: ${result.measuredMs} ms (bound ${row.boundMs} ms)`,
  );
  for (const note of result.notes) say(`    ${note}`);
  return result;
}

const broken = (at: number, error: unknown): Played => ({
  at,
  measuredMs: undefined,
  sightings: [
    { what: `the row could not be played: ${error instanceof Error ? error.message : String(error)}`, seen: false },
  ],
});

/** Whether a row is as it has to be, and what it has to say. */
export function judge(
  { boundMs }: Pick<Row, 'boundMs'>,
  { measuredMs, notes = [], sightings = [] }: Played,
  restored: boolean,
): Pick<RowResult, 'ok' | 'notes'> {
  const all = [...sightings, { what: 'afterwards, the switch uses all three lb nodes again', seen: restored }];
  const missed = all.filter(({ seen }) => !seen).map(({ what }) => `not seen: ${what}`);
  const inTime = measuredMs !== undefined && measuredMs <= boundMs;
  return { ok: inTime && missed.length === 0, notes: [...missed, ...notes] };
}

import type { Lab } from '../lab.ts';

/** A line of an agent's log, as far as the demo reads it. */
export interface LogEvent {
  readonly node: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly part?: string;
  readonly firewall?: 'iptables' | 'nftables';
}

const POLL_MS = 250;

/** All events in an agent's log so far. */
export async function eventsOf(lab: Lab, node: string): Promise<LogEvent[]> {
  return (await lab.log(node)).split('\n').flatMap((line) => parseEvent(line) ?? []);
}

/** Resolves with the first event after `since` that fits; undefined when the time is over. */
export async function eventUntil(
  lab: Lab,
  node: string,
  fits: (event: LogEvent) => boolean,
  since: number,
  timeoutMs: number,
): Promise<LogEvent | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = (await eventsOf(lab, node)).find((event) => event.at >= since && fits(event));
    if (found || Date.now() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function parseEvent(line: string): LogEvent | undefined {
  try {
    const { time, ...rest } = JSON.parse(line) as LogEvent & { time: string };
    return rest.event === undefined ? undefined : { ...rest, at: Date.parse(time) };
  } catch {
    return undefined;
  }
}

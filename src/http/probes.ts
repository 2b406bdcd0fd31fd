import type { ServerResponse } from 'node:http';
import { explain } from '../model/error.ts';
import type { Status } from '../model/status.ts';
import { renderMetrics } from './metrics/metrics.ts';
import type { Reading } from './metrics/process.ts';
import { plain, send } from './send.ts';

/** What kubelet and Prometheus ask for. */
export interface ProbeParts {
  readonly status: () => Status;
  /** Why the agent should be restarted; undefined while its loop turns. */
  readonly stuck: () => string | undefined;
  readonly reading: () => Promise<Reading>;
}

/** Answers /livez, /readyz and /metrics. @returns false for any other path, which is left unanswered */
export function answerProbe({ reading, status, stuck }: ProbeParts, path: string, response: ServerResponse): boolean {
  if (path === '/livez') livez(response, stuck());
  else if (path === '/readyz') readyz(response, status());
  else if (path === '/metrics') void metrics(response, status, reading);
  else return false;
  return true;
}

/** Alive: the loop turns. Whether there is anything to announce is no reason for a restart. */
const livez = (response: ServerResponse, stuck: string | undefined): void =>
  plain(response, stuck === undefined ? 200 : 503, stuck ?? 'ok');

/** Ready: this node earns a full announcement. */
function readyz(response: ServerResponse, { announcement }: Status): void {
  if (announcement.state === 'announced') plain(response, 200, 'announced');
  else plain(response, 503, `${announcement.state}: ${announcement.reason}: ${announcement.detail}`);
}

async function metrics(
  response: ServerResponse,
  status: ProbeParts['status'],
  reading: ProbeParts['reading'],
): Promise<void> {
  try {
    const text = await renderMetrics(status(), await reading());
    send(response, 200, 'text/plain; version=0.0.4', text);
  } catch (error) {
    plain(response, 500, explain(error));
  }
}

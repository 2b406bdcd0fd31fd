import type { ServerResponse } from 'node:http';
import { parseAddress } from '../model/address.ts';
import type { Traffic } from '../model/traffic.ts';
import { splitVirtualServerKey, type VirtualServerKey, virtualServerKey } from '../model/virtual-server.ts';

/** What passes through all virtual servers, or through some and to their real servers. Never rejects. */
export type AskTraffic = (of?: readonly VirtualServerKey[]) => Promise<Traffic>;

const MOST_ASKED = 64;

/**
 * Answers `GET /traffic` with the traffic of all virtual servers, and `GET /traffic?of=tcp/10.99.66.10:80` (which may stand
 * there several times) with that of some and of their real servers. What cannot be understood is a 400.
 */
export async function answerTraffic(traffic: AskTraffic, url: string, response: ServerResponse): Promise<void> {
  const asked = new URL(url, 'http://agent').searchParams.getAll('of');
  const problem = problemOf(asked);
  const body = problem === undefined ? await traffic(asked.length > 0 ? asked : undefined) : { error: problem };
  const code = problem === undefined ? 200 : 400;
  response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function problemOf(asked: readonly string[]): string | undefined {
  if (asked.length > MOST_ASKED) return `expected at most ${MOST_ASKED} virtual servers, found ${asked.length}`;
  const bad = asked.find((text) => !isKey(text));
  return bad === undefined
    ? undefined
    : `expected a virtual server such as tcp/10.99.66.10:80, found ${JSON.stringify(bad)}`;
}

/** Whether it is the one text that names a virtual server. */
function isKey(text: string): boolean {
  try {
    const { address, port, protocol } = splitVirtualServerKey(text);
    const canonical = parseAddress(address);
    return (
      canonical !== undefined && port <= 65_535 && virtualServerKey({ protocol, address: canonical, port }) === text
    );
  } catch {
    return false;
  }
}

import type { Status } from '../model/status.ts';
import type { Traffic } from '../model/traffic.ts';
import { askStatus, askTraffic } from './agent-socket.ts';
import type { ExitCode } from './main.ts';

/** What an agent says of itself at one moment. */
export interface Seen {
  readonly status: Status;
  readonly traffic: Traffic;
}

/** Asks the agent that listens there. Throws `agent-unreachable`. */
export async function look(socket: string): Promise<Seen> {
  const [{ status }, traffic] = await Promise.all([askStatus(socket), askTraffic(socket)]);
  return { status, traffic };
}

/** The status with the traffic in it, in one line. */
export const jsonOf = ({ status, traffic }: Seen): string => `${JSON.stringify({ ...status, traffic })}\n`;

/** 1 where the node does not announce in full. */
export const exitCodeOf = ({ announcement }: Status): ExitCode => (announcement.state === 'announced' ? 0 : 1);

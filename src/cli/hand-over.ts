import { giveOrder } from './agent-socket.ts';
import type { ExitCode } from './main.ts';

export interface HandOverOptions {
  readonly socket: string;
  /** Milliseconds that the order stands; 0 calls it off. */
  readonly within: number;
  readonly json?: true;
}

/**
 * `fairlead handover`: orders the agent of this node to leave all as it is to the next agent, should it be ended by SIGTERM
 * in time. Throws `agent-unreachable` and `order-refused`.
 */
export async function handOver({ json, socket, within }: HandOverOptions): Promise<ExitCode> {
  const answer = (await giveOrder(socket, '/handover', { withinMs: within })) as { handOverUntil: number | null };
  const line =
    answer.handOverUntil === null
      ? 'called off: an end of this agent withdraws'
      : `until ${new Date(answer.handOverUntil).toISOString()} an end of this agent leaves all to the next one`;
  process.stdout.write(`${json ? JSON.stringify(answer) : line}\n`);
  return 0;
}

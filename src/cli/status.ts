import type { ExitCode } from './main.ts';
import { renderStatus } from './render/one-node.ts';
import { screenOf } from './screen-of.ts';
import { exitCodeOf, jsonOf, look } from './seen.ts';
import { watch } from './watch.ts';

export interface StatusOptions {
  readonly socket: string;
  readonly json?: true;
  /** Whether everything is to be shown. */
  readonly all?: true;
  /** Whether to go on until a signal comes. */
  readonly watch?: true;
}

/**
 * `fairlead status`: asks the agent of this node. Exit code 1 where the node does not announce in full. Throws
 * `agent-unreachable`.
 */
export async function status({ all, json, socket, watch: lasting }: StatusOptions): Promise<ExitCode> {
  if (lasting) return await watch({ socket, json: json === true, screen: () => screenOf(all) });
  const seen = await look(socket);
  process.stdout.write(json ? jsonOf(seen) : renderStatus(screenOf(all), seen.status, seen.traffic));
  return exitCodeOf(seen.status);
}

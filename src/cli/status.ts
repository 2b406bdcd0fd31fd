import type { ExitCode } from './main.ts';
import { PLAIN, type Screen } from './render/screen.ts';
import { renderStatus } from './render/one-node.ts';
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

const NARROWEST = 60;

/** Colour is for terminals alone, and for those who do not ask for none (https://no-color.org). */
function screenOf(all: true | undefined): Screen {
  const { columns, isTTY } = process.stdout;
  const colour = isTTY && !process.env['NO_COLOR'];
  return { width: columns ? Math.max(NARROWEST, columns) : PLAIN.width, colour, all: all === true };
}

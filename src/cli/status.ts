import { askStatus } from './agent-socket.ts';
import type { ExitCode } from './main.ts';
import { renderStatus } from './render.ts';

/** `fairlead status`: asks the agent of this node. Exit code 1 where the node does not announce in full. Throws `agent-unreachable`. */
export async function status(socketPath: string, json: boolean): Promise<ExitCode> {
  const { status: value, text } = await askStatus(socketPath);
  process.stdout.write(json ? text : renderStatus(value, process.stdout.isTTY));
  return value.announcement.state === 'announced' ? 0 : 1;
}

import { askExplanation } from './agent-socket.ts';
import type { ExitCode } from './main.ts';
import { renderExplanation } from './render/explanation.ts';
import { screenOf } from './screen-of.ts';

export interface ExplainOptions {
  readonly socket: string;
  readonly json?: true;
}

/**
 * `fairlead explain SERVICE`: asks the agent of this node. Exit code 1 where nothing of the Service is served here. Throws
 * `agent-unreachable`.
 */
export async function explain(service: string, { json, socket }: ExplainOptions): Promise<ExitCode> {
  const explanation = await askExplanation(socket, service);
  process.stdout.write(json ? `${JSON.stringify(explanation)}\n` : renderExplanation(screenOf(undefined), explanation));
  return explanation.verdict === 'served' || explanation.verdict === 'partly-served' ? 0 : 1;
}

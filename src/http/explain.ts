import type { ServerResponse } from 'node:http';
import type { Explanation } from '../model/explain/explanation.ts';
import { plain, send } from './send.ts';

/** Why a Service is served or why not. */
export type AskExplanation = (query: string) => Promise<Explanation>;

/** Answers `GET /explain?service=default/web`, where an address such as `10.99.66.10:80` may stand in place of the name. */
export async function answerExplanation(
  ask: AskExplanation,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const service = query.get('service')?.trim();
  if (!service) return plain(response, 400, 'expected /explain?service=NAMESPACE/NAME, found no service');
  send(response, 200, 'application/json', `${JSON.stringify(await ask(service))}\n`);
}

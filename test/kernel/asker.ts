import type { Lab } from '../../lab/lab.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';

export interface Answer {
  readonly outcome: string;
  /** The body of the HTTP answer, where a path was asked for. */
  readonly answer?: string;
  readonly tookMs: number;
}

export type Ask = (address: string, port: number, path?: string) => Promise<Answer>;

/** Starts an asker in a node of the lab: see asker.mjs. */
export async function startAsker(lab: Lab, node: string): Promise<Ask> {
  const waiting = new Map<number, (answer: Answer) => void>();
  const { promise: ready, resolve } = Promise.withResolvers<Answer>();
  waiting.set(0, resolve);
  const onLine = (line: string): void => {
    if (!line.startsWith('{')) return;
    const { id, ...answer } = JSON.parse(line) as Answer & { id: number };
    waiting.get(id)?.(answer);
    waiting.delete(id);
  };
  const asker = await lab.spawn(node, ['node', '--single-threaded', `${CHECKOUT}/test/kernel/asker.mjs`], { onLine });
  await ready;
  let last = 0;
  return async (address, port, path) => {
    const id = ++last;
    const answer = new Promise<Answer>((settle) => waiting.set(id, settle));
    await asker.write(JSON.stringify({ id, address, port, ...(path && { path }) }));
    return answer;
  };
}

import { expect } from 'vitest';
import { eventually } from './patience.ts';
import type { Held } from './traffic.ts';

/** The lines of a counting pod go on to come, complete and in order. */
export async function expectToGoOn(held: Held): Promise<void> {
  const { count } = await held.look();
  await eventually(async () => {
    const { count: now, state } = await held.look();
    return now > count + 5 || state !== 'open';
  });
  expect(await held.look()).toMatchObject({ state: 'open', inOrder: true });
}

/** The connection has been complete and in order up to a reset, and does not hang. */
export async function expectReset(held: Held): Promise<void> {
  await eventually(async () => (await held.look()).state !== 'open');
  expect(await held.look()).toMatchObject({ state: 'ECONNRESET', inOrder: true });
}

import { expect, test } from 'vitest';
import { noPresence } from '../../../src/cluster/presence.ts';

test('without an API server nothing is known of others, whatever happens, and the reason is told', async () => {
  const presence = noPresence('there is none');
  let changes = 0;
  presence.start(() => void changes++);
  presence.tell({ state: 'deprioritised', faults: ['probe-failed'] });
  expect(presence.census()).toStrictEqual({ known: false, why: 'there is none' });
  await presence.handOver();
  await presence.stop();
  expect(changes).toBe(0);
});

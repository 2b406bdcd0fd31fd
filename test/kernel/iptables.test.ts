import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../lab/lab.ts';

const CLEAN = { changes: [], problems: [] };

interface State {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly sets: readonly string[];
  readonly routes: readonly string[];
  readonly sysctls: readonly string[];
}

let lab: Lab;

beforeAll(async () => {
  lab = await Lab.up({ nodes: ['lb2', 'fab'], start: false, kind: 'uml' });
}, 120_000);

afterAll(() => lab?.down());

test('iptables in both families is made, read back as written, repaired, narrowed and taken away', async () => {
  const { stderr, stdout } = await lab.exec('lb2', [
    'node',
    fileURLToPath(new URL('iptables-driver.ts', import.meta.url)),
  ]);
  expect(stderr).toBe('');
  const seen = JSON.parse(stdout) as Record<'before' | 'made' | 'after', State> & Record<string, unknown>;
  expect(seen['found']).toBe('iptables');
  expect(seen['forced']).toEqual([
    'kernel-refused',
    expect.stringMatching(/^dataplane\.firewall: expected nf_tables to take our tables, found: nft --check/),
    expect.stringMatching(/^set dataplane\.firewall to auto or iptables/),
  ]);
  expect(seen['first']).toEqual([]);
  expect(seen['second'], 'all reads back in the very words it was written in').toEqual(CLEAN);
  expect(seen.made.sets.filter((line) => line.startsWith('add')).toSorted()).toEqual([
    'add fairlead-external 192.0.2.7',
    'add fairlead-external6 fd05::7',
    'add fairlead-served 10.99.66.10,tcp:80',
    'add fairlead-served6 fd99:66::53,udp:53',
  ]);
  expect(seen.made.sysctls, 'a node that forwards goes on listening to router advertisements').toEqual(['1', '1', '2']);
  expect(seen['repaired']).toEqual({
    changes: [
      expect.stringMatching(/^-I INPUT 1 .* -j FAIRLEAD-INPUT$/),
      expect.stringMatching(/^-I POSTROUTING 1 .* --set-mss 1300$/),
    ],
    problems: [],
  });
  expect(seen['sameAfterTraffic'], 'counters are no change, and cost no process').toEqual([true, true]);

  const { made, problems } = seen['narrowed'] as { made: State; problems: unknown };
  expect(problems).toEqual([]);
  expect(made.ipv6, 'a family that is no longer ours is cleared').toEqual(seen.before.ipv6);
  expect(made.ipv4.filter((line) => line.includes('mss') || line.includes('external'))).toEqual([]);
  expect(made.ipv4.filter((line) => line.includes('fairlead: snat'))).toHaveLength(1);

  expect(seen['removed']).toEqual({ first: [], second: CLEAN });
  expect(seen.after, 'nothing of ours is left, and everything of others').toEqual(seen.before);
});

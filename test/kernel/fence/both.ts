import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventsOf } from '../../../lab/observe/agents.ts';
import { type Clock, machineClock } from '../../../lab/observe/clock.ts';
import { Routes } from '../../../lab/observe/routes.ts';
import { Lab } from '../../../lab/lab.ts';
import type { Kind } from '../../../lab/machine/kind.ts';
import { continueGobgpd, freezeGobgpd } from '../../fault/actions.ts';
import { obstacleTo } from '../obstacle.ts';
import { eventually } from '../patience.ts';

const CONFIG = '/etc/fairlead/config.yaml';
const FRR = '/etc/frr/frr.conf';
/** Nothing but the fence takes a path away within the time of a test. */
const HOLD = { long: '300', keepalive: '100' };
const PATIENCE = 60_000;

/** Rules of the fence that have refused packets, in whichever firewall. */
const RULES = `
(iptables-legacy-save -c; nft list ruleset 2>/dev/null || true) | grep -i -A99 fence | grep -iE 'reject' || true
`;

const after = (at: number, since: number): string => `${Math.round(at - since)} ms`;

/**
 * What becomes of a gobgpd that is stopped, with both firewalls: without CONFIG_INET_DIAG_DESTROY in user-mode Linux, and
 * with it in Debian's kernel.
 * @param wish a kind of lab machine; without, the one that every other test takes
 */
export function fence(wish?: Kind): void {
  const obstacle = wish && obstacleTo(wish);
  let lab: Lab;
  let now: Clock;
  let routes: Routes;

  const run = async (node: string, script: string): Promise<string> =>
    (await lab.exec(node, ['sh', '-c', script], { timeoutMs: PATIENCE })).stdout;
  const refused = async (): Promise<number> =>
    [...(await run('lb1', RULES)).matchAll(/\[(\d+):\d+\]|packets (\d+)/g)].reduce(
      (sum, [, legacy, nft]) => sum + Number(legacy ?? nft),
      0,
    );
  const event = (name: string, since: number): Promise<number> =>
    eventually(
      async () =>
        (await eventsOf(lab, 'lb1')).find((one) => one.at >= since && [one.event, one.code].includes(name))?.at,
      PATIENCE,
    );
  async function routeIs(nexthops: readonly string[], since: number): Promise<number> {
    const state = await routes.until(nexthops, since, PATIENCE);
    if (state === undefined)
      throw new Error(`expected the route via [${nexthops.join()}], found [${routes.now.join()}]`);
    return state.at;
  }
  const replace = async (node: string, file: string, from: string, to: string): Promise<void> =>
    lab.writeFile(node, file, (await lab.readFile(node, file)).replace(from, to));

  beforeEach(({ skip }) => obstacle !== undefined && skip(obstacle));
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    const nodes = ['client', 'tor', 'lb1', 'gobgp1', 'fab', 'pod1'];
    lab = await Lab.up({ nodes, start: false, ...(wish && { kind: wish }) });
    await replace('lb1', CONFIG, 'holdTime: 3s', `holdTime: ${HOLD.long}s`);
    await replace('tor', FRR, 'timers 1 3', `timers ${HOLD.keepalive} ${HOLD.long}`);
    now = await machineClock(lab);
    await Promise.all(['tor', 'gobgp1', 'pod1', 'lb1'].map((node) => lab.start(node)));
    routes = await Routes.watch(lab, now);
    if (routes.now.length === 0) await routeIs(['lb1'], 0);
  }, 300_000);
  afterAll(() => lab?.down());

  test('a gobgpd that is stopped loses its paths on the switch, and has them back when it goes on', async () => {
    const stopped = await freezeGobgpd(lab, 'lb1');
    const gone = await routeIs([], stopped);
    const raised = await event('fence-raised', stopped);
    expect(await run('lb1', RULES)).not.toBe('');
    const resumed = await continueGobgpd(lab, 'lb1');
    const lifted = await event('fence-lifted', resumed);
    const back = await routeIs(['lb1'], resumed);
    expect(await run('lb1', RULES)).toBe('');
    const noticed = await event('gobgpd-unreachable', stopped);
    console.info(
      `${lab.kind}: after SIGSTOP noticed ${after(noticed, stopped)}, off the switch ${after(gone, stopped)}, ` +
        `fence up ${after(raised, stopped)}; after SIGCONT lifted ${after(lifted, resumed)}, back ${after(back, resumed)}`,
    );
  });

  test('behind an agent that was killed the fence holds, until the next one lifts it', async () => {
    const stopped = await freezeGobgpd(lab, 'lb1');
    await routeIs([], stopped);
    await event('fence-raised', stopped);
    await lab.kill('lb1', 'SIGKILL');
    const before = await refused();
    await continueGobgpd(lab, 'lb1');
    await eventually(async () => (await refused()) > before + 2, PATIENCE);
    expect(routes.now).toEqual([]);
    const started = now();
    await lab.start('lb1');
    await event('fence-lifted', started);
    await routeIs(['lb1'], started);
    expect(await run('lb1', RULES)).toBe('');
  });

  test('cleanup takes the fence away where there is no agent any more', async () => {
    const stopped = await freezeGobgpd(lab, 'lb1');
    await event('fence-raised', stopped);
    await Promise.all(['lb1', 'gobgp1'].map((node) => lab.kill(node, 'SIGKILL')));
    expect(await run('lb1', RULES)).not.toBe('');
    const { exitCode, stderr } = await lab.exec('lb1', ['fairlead', 'cleanup', '--config', CONFIG], {
      timeoutMs: PATIENCE,
    });
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(await run('lb1', RULES)).toBe('');
  });
}

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PEER } from '../unit/bgp/sample.ts';
import { endpointOn, loadBalancer } from './agent-paths-rig.ts';
import { eventually, NODE, pause, RANGE, Rig, WEB } from './agent-rig.ts';
import { type GobgpdBinary, gobgpds } from './gobgpd-binary.ts';
import { Network } from './gobgpd-network.ts';
import { becomeSwitch, Gobgpd, type Update } from './gobgpd.ts';

const SWITCH = '10.22.108.1';
const BALANCED = '198.51.100.1';
/** gobgpd 3.10 takes 5 to 10 s to open a session. */
const SESSION = 40_000;
/** Longer than a pass over gobgpd and what it makes of one takes. */
const QUIET_MS = 700;

const stands = async (rig: Rig): Promise<void> => {
  await rig.reaches('announced');
  await eventually(
    () => expect(rig.status.peers).toMatchObject([{ state: 'established', advertised: [RANGE] }]),
    SESSION,
  );
};

describe.each(gobgpds())('the switch of gobgpd $version', ({ file }: GobgpdBinary) => {
  let network: Network;
  let ours: Gobgpd;
  let tor: Gobgpd;
  const updates: Update[] = [];

  beforeAll(async () => {
    network = await Network.create(NODE, [SWITCH]);
    [ours, tor] = await Promise.all([Gobgpd.start(network, file), Gobgpd.start(network)]);
    await becomeSwitch(tor, SWITCH, 64500, { ...PEER, address: NODE, as: 64512 });
    tor.watchUpdates((update) => void (update.from === NODE && updates.push(update)));
  });
  afterAll(async () => {
    await Promise.all([ours?.[Symbol.asyncDispose](), tor?.[Symbol.asyncDispose]()]);
    await network?.[Symbol.asyncDispose]();
  });

  const start = (): Promise<Rig> =>
    Rig.start({
      target: ours.target,
      files: { 'web.yaml': WEB },
      dataplane: 'loadBalancerIPs: [198.51.100.0/24]',
      announcement: 'services: { loadBalancerIPs: true }',
    });
  /** How many UPDATEs the switch gets for something. */
  const countOf = async (what: () => unknown): Promise<number> => {
    const before = updates.length;
    await what();
    await pause(QUIET_MS);
    return updates.length - before;
  };

  test('hears of what changes its routes, and of nothing else', { timeout: 120_000 }, async () => {
    const rig = await start();
    await stands(rig);
    expect(updates).toHaveLength(1);
    const other = loadBalancer({ name: 'other', clusterIP: '10.99.66.11' }) + endpointOn('other', 'lb-2');
    const balanced = loadBalancer({ name: 'more', clusterIP: '10.99.66.12', loadBalancerIPs: [BALANCED] });
    expect(await countOf(() => rig.write('other.yaml', other)), 'a Service more').toBe(0);
    expect(await countOf(() => rig.write('other.yaml', 'kind: [')), 'a file that is none').toBe(0);
    expect(await countOf(() => rig.speaker.reconcile()), 'another look at gobgpd').toBe(0);
    expect(await countOf(() => rig.write('more.yaml', balanced)), 'an address without an endpoint').toBe(0);
    expect(await countOf(() => rig.write('more.yaml', balanced + endpointOn('more', 'lb-2'))), 'with one').toBe(1);
    expect(await countOf(() => rig.delete('more.yaml')), 'without it').toBe(1);
    expect(await countOf(() => rig.handOver()), 'an agent that ends').toBe(0);
    await using next = await start();
    expect(await countOf(() => stands(next)), 'the next agent').toBe(0);
    expect(next.status.peers).toMatchObject([{ state: 'established' }]);
    await rig[Symbol.asyncDispose]();
  });
});

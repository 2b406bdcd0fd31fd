import { deprioritised, GRACEFUL_SHUTDOWN, type Path } from '../../../src/model/path.ts';
import { COMMUNITIES, NODE_AS, type Rig } from '../rig.ts';
import type { Group, Row } from '../row.ts';
import { fitting, NotOk, sees, stays } from '../soon.ts';
import type { SeenPath } from '../switch.ts';

/** A row that announces the range with something more and looks at one thing the switch has of it. */
function attribute<K extends keyof SeenPath>(
  name: string,
  proves: string,
  part: Partial<Path>,
  key: K,
  expected: SeenPath[K],
): Row {
  return {
    name,
    proves,
    async run(rig) {
      await rig.want({ paths: [rig.path(part)] });
      await sees(`${key} at the switch`, async () => (await rig.seen())?.[key], expected);
    },
  };
}

const LARGE: readonly string[] = ['64512:1:4294967295', '64512:7:7'];

const ATTRIBUTES: readonly Row[] = [
  attribute('communities', 'communities arrive', {}, 'communities', COMMUNITIES),
  attribute('large-communities', 'large communities arrive', { largeCommunities: LARGE }, 'largeCommunities', LARGE),
  attribute('med', 'the MED arrives', { med: 4_294_967_295 }, 'med', 4_294_967_295),
  attribute('prepend', 'our AS is prepended', { prepend: 3 }, 'asPath', [NODE_AS, NODE_AS, NODE_AS, NODE_AS]),
];

async function localPrefStays(rig: Rig): Promise<void> {
  await rig.want({ paths: [rig.path({ localPref: 250, med: 51 })] });
  await sees('the MED at the switch', async () => (await rig.seen())?.med, 51);
  const localPref = (await rig.seen())?.localPref;
  if (localPref === 250) throw new NotOk(`the switch of another AS was told our local preference`);
}

async function nextHopOf(rig: Rig, part: Partial<Path>, expected: string): Promise<void> {
  await rig.want({ paths: [rig.path(part)] });
  await sees('the next hop at the switch', async () => (await rig.seen())?.nextHop, expected);
  await sees("the next hop in the switch's kernel", () => rig.kernel(), [{ via: expected, weight: 1 }]);
}

async function singleAddress(rig: Rig): Promise<void> {
  const { host, nodes, range } = rig.places;
  await rig.want({ paths: [rig.path(), rig.path({ prefix: host })] });
  await sees('the kernel route of the single address', () => rig.kernel(host), [{ via: nodes[0], weight: 1 }]);
  await rig.want();
  await sees('the kernel route once it is withdrawn', () => rig.kernel(host), []);
  await sees('the kernel route of the range', () => rig.kernel(range), [{ via: nodes[0], weight: 1 }]);
}

const BY = { med: 1000, prepend: 2, localPref: 10, communities: ['64512:13'], largeCommunities: ['64512:13:13'] };

async function lesser(rig: Rig): Promise<void> {
  const before = await rig.heard();
  const told = async (): Promise<object> => {
    const { communities, asPath, med } = (await rig.seen()) ?? {};
    return { communities: communities?.toSorted(), hops: asPath?.length, med };
  };
  const full = await told();
  await rig.want({ paths: [deprioritised(rig.path(), BY)] });
  const communities = [...COMMUNITIES, '64512:13', GRACEFUL_SHUTDOWN].toSorted();
  await sees('the path while it is deprioritised', told, { communities, hops: 3, med: 1050 });
  await sees('what the switch has heard', () => rig.heard(), { ...before, updates: before.updates + 1 });
  await rig.want();
  await sees('the path afterwards', told, full);
  await sees('what the switch has heard', () => rig.heard(), { ...before, updates: before.updates + 2 });
}

async function agentRestart(rig: Rig): Promise<void> {
  const before = await rig.heard();
  await rig.node.stopAgent();
  rig.node.startAgent();
  await fitting(
    'the agent',
    () => rig.node.state,
    (state) => state.reachable,
    'gobgpd reached',
  );
  await rig.want({ paths: undefined });
  await rig.want();
  await stays('what the switch has heard', () => rig.heard(), before);
}

export const paths: Group = {
  setUp: () => ({}),
  rows: [
    {
      name: 'session',
      proves: 'the session comes up',
      async run(rig) {
        await rig.established();
        await sees('what the speaker says', () => rig.node.state.problem, undefined);
        await sees('whether gobgpd is in sync', () => rig.node.state.inSync, true);
      },
    },
    {
      name: 'path',
      proves: "the path arrives, and the switch's kernel uses it",
      async run(rig) {
        await sees('the kernel route', () => rig.kernel(), [{ via: rig.places.nodes[0], weight: 1 }]);
        await sees('the AS path', async () => (await rig.seen())?.asPath, [NODE_AS]);
      },
    },
    ...ATTRIBUTES,
    { name: 'local-pref-ebgp', proves: 'a switch of another AS is told no local preference', run: localPrefStays },
    {
      name: 'next-hop-self',
      proves: 'the next hop is this end of the session',
      run: (rig) => nextHopOf(rig, {}, rig.places.nodes[0]),
    },
    {
      name: 'next-hop',
      proves: 'the next hop is the one configured',
      run: (rig) => nextHopOf(rig, { nextHop: rig.places.second }, rig.places.second),
    },
    { name: 'host', proves: 'a single address comes and goes beside the range', run: singleAddress },
    { name: 'deprioritised', proves: 'deprioritised and back is one UPDATE each way', run: lesser },
    { name: 'agent-restart', proves: 'a restarted agent sends no UPDATE', run: agentRestart },
  ],
};

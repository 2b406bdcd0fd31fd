import type { PeerAttributes } from '../../../src/model/path.ts';
import { COMMUNITIES, NODE_AS, type Rig } from '../rig.ts';
import type { Group } from '../row.ts';
import { fitting, sees, stays } from '../soon.ts';

async function nothingOut(rig: Rig): Promise<void> {
  const { range, stray } = rig.places;
  const before = await rig.heard();
  await rig.node.gobgpd.addPath(rig.path({ prefix: stray }));
  await rig.want({ paths: [rig.path(), rig.path({ prefix: stray })] });
  await fitting(
    'the problem',
    () => rig.node.state.problem ?? '',
    (text) => text.includes(stray),
    `one with ${stray}`,
  );
  await stays('the prefixes at the switch', () => rig.switch.prefixes(rig.neighbor()), [range]);
  await sees("the prefixes in gobgpd's table", () => rig.node.state.prefixes, [range]);
  // gobgpd withdraws the stray path as well, of which the switch has never heard.
  await sees('the session', async () => (await rig.heard()).since, before.since);
}

const fromSwitches = async (rig: Rig): Promise<string[]> => {
  const switches = new Set<string>(rig.places.switches);
  return (await rig.node.gobgpd.acceptedPaths()).filter(({ from }) => switches.has(from)).map(({ prefix }) => prefix);
};

async function nothingIn(rig: Rig): Promise<void> {
  await stays("what is in gobgpd's table of the switches", () => fromSwitches(rig), []);
  await sees('the prefixes at the other switch', () => rig.switches[1].prefixes(rig.neighbor()), [rig.places.range]);
}

async function defaultIn(rig: Rig): Promise<void> {
  const wanted = [rig.places.default];
  await rig.want({ accept: wanted });
  const accepted = (): readonly string[] | undefined => rig.node.state.peers[0]?.accepted;
  await sees('what was accepted of the switch', accepted, wanted);
  await sees("what is in gobgpd's table of the switches", () => fromSwitches(rig), wanted);
  await stays('the prefixes at the other switch', () => rig.switches[1].prefixes(rig.neighbor()), [rig.places.range]);
  await rig.want();
  await sees("what is in gobgpd's table of the switches afterwards", () => fromSwitches(rig), []);
}

const ON_TOP: PeerAttributes = {
  communities: ['64512:900'],
  largeCommunities: ['64512:9:9'],
  med: 7,
  prepend: 2,
  localPref: undefined,
};

async function onTop(rig: Rig): Promise<void> {
  const sessions = async (): Promise<string[]> => [await rig.heard(0), await rig.heard(1)].map(({ since }) => since);
  const before = await sessions();
  const [first, second] = rig.wanted().peers;
  if (first === undefined || second === undefined) throw new Error('expected a set-up with two switches');
  await rig.want({ peers: [first, { ...second, onTop: ON_TOP }] });
  const told = async (index: 0 | 1): Promise<object> => {
    const { asPath, communities, largeCommunities, med } = (await rig.seen(rig.places.range, index)) ?? {};
    return { asPath, communities: communities?.toSorted(), largeCommunities, med };
  };
  const plain = { asPath: [NODE_AS], communities: COMMUNITIES, largeCommunities: [], med: 50 };
  await sees('the path at the second switch', () => told(1), {
    asPath: [NODE_AS, NODE_AS, NODE_AS],
    communities: [...COMMUNITIES, ...ON_TOP.communities].toSorted(),
    largeCommunities: ON_TOP.largeCommunities,
    med: 57,
  });
  await sees('the path at the first switch', () => told(0), plain);
  await rig.want();
  await sees('the path at the second switch afterwards', () => told(1), plain);
  await sees('the sessions', sessions, before);
}

async function lostRange(rig: Rig): Promise<void> {
  const { otherRange, range } = rig.places;
  const both = [range, otherRange];
  await rig.want({ paths: both.map((prefix) => rig.path({ prefix })) });
  const prefixes = async (): Promise<string[]> => (await rig.switch.prefixes(rig.neighbor())).toSorted();
  await sees('the prefixes at the switch', prefixes, both.toSorted());
  const { since } = await rig.heard();
  await rig.want({ ranges: [range], paths: both.map((prefix) => rig.path({ prefix })) });
  await sees('the prefixes once a range is lost', prefixes, [range]);
  await rig.want({ paths: both.map((prefix) => rig.path({ prefix })) });
  await sees('the prefixes once it is back', prefixes, both.toSorted());
  await sees('the session', async () => (await rig.heard()).since, since);
}

export const policies: Group = {
  setUp: ({ places }) => ({ switches: 2, originated: [places.default, places.foreign] }),
  rows: [
    { name: 'nothing-out', proves: 'nothing that is not owned gets out', run: nothingOut },
    { name: 'nothing-in', proves: 'nothing comes in', run: nothingIn },
    { name: 'accept', proves: 'a default route that is asked for comes in, and goes no further', run: defaultIn },
    { name: 'on-top', proves: 'one peer of two gets more attributes, without a new session', run: onTop },
    { name: 'lost-range', proves: 'a path that loses its range is withdrawn, without a new session', run: lostRange },
  ],
};

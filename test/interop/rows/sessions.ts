import type { Secret } from '../../../src/model/path.ts';
import { NODE_AS, type Rig } from '../rig.ts';
import type { Group, Row } from '../row.ts';
import { sees, stays } from '../soon.ts';

const FIRST: Secret = () => 'first-secret';
const SECOND: Secret = () => 'second-secret';
const WRONG: Secret = () => 'wrong-secret';

/** How long a session that must not come up is watched: the switch tries to open it every second. */
const NEVER_MS = 4000;
/** The same where the switch does not: gobgpd 3.10 takes up to 10 s to try. */
const NEVER_DIALLED_MS = 11_000;

/**
 * That it never comes up at our end, and the switch gets no path. At the switch it may look open until a hold time is over:
 * its OPEN can reach gobgpd before that has told the socket of the TTL it wants.
 */
async function neverUp(rig: Rig, forMs = NEVER_MS): Promise<void> {
  const seen = async (): Promise<object> => ({
    established: rig.node.state.peers[0]?.state === 'established',
    paths: await rig.switch.prefixes(rig.neighbor()),
  });
  await sees('the session', seen, { established: false, paths: [] });
  await stays('the session', seen, { established: false, paths: [] }, forMs);
}

async function rotate(rig: Rig): Promise<void> {
  await rig.switch.configure(rig.switchConfig(0, { password: SECOND() }));
  await rig.want({ peers: [rig.peer({ password: SECOND })] });
  await rig.established();
  await rig.switch.configure(rig.switchConfig(0));
  await rig.want();
  await rig.established();
}

async function wrong(rig: Rig): Promise<void> {
  await rig.want({ peers: [rig.peer({ password: WRONG })] });
  await neverUp(rig);
}

/** gobgpd keeps the key of a deleted peer on its listening socket, which then drops all that is not signed. */
async function takenAway(rig: Rig): Promise<void> {
  const { password: _, ...open } = rig.peer();
  const { sessions, ...rest } = rig.switchConfig(0);
  const unsigned = sessions.map(({ password: __, ...session }) => session);
  await rig.switch.configure({ ...rest, sessions: unsigned });
  await rig.want({ peers: [{ ...open, passive: true }] });
  await rig.established();
}

/** A set-up with the one row that says it works: both ends established and the path there. */
const comesUp = (
  setUp: Group['setUp'],
  row: Omit<Row, 'run'>,
  check: (rig: Rig) => Promise<unknown> = () => Promise.resolve(),
): Group => ({
  setUp,
  rows: [
    {
      ...row,
      async run(rig) {
        await rig.established();
        await check(rig);
      },
    },
  ],
});

export const sessions: readonly Group[] = [
  {
    setUp: () => ({ peer: { password: FIRST }, session: { password: FIRST() } }),
    rows: [
      { name: 'md5', proves: 'the session comes up with a password', run: (rig) => rig.established() },
      { name: 'md5-rotated', proves: 'another password, without a restart of gobgpd', run: rotate },
      { name: 'md5-wrong', proves: 'with a wrong password it stays down', run: wrong },
      { name: 'md5-taken-away', proves: 'a peer without its password can open the session again', run: takenAway },
    ],
  },
  comesUp(() => ({ peer: { ttlSecurity: true }, session: { ttlSecurity: true } }), {
    name: 'gtsm',
    proves: 'the session comes up with GTSM at both ends',
  }),
  {
    setUp: () => ({ peer: { ttlSecurity: true }, opens: false }),
    rows: [{ name: 'gtsm-one-sided', proves: 'with GTSM at our end only it stays down', run: (rig) => neverUp(rig) }],
  },
  comesUp(
    () => ({ peer: { holdTimeSeconds: 3, keepaliveSeconds: 1 } }),
    { name: 'hold-time', proves: 'a hold time of 3 s is agreed on' },
    (rig) => sees('the hold time', async () => (await rig.switch.session(rig.neighbor()))?.holdTimeSeconds, 3),
  ),
  comesUp(() => ({ peer: { passive: true } }), {
    name: 'passive',
    proves: 'a peer that the switch has to open the session with',
  }),
  {
    setUp: () => ({ peer: { passive: true }, session: { passive: true }, opens: false }),
    rows: [
      {
        name: 'passive-both',
        proves: 'we never open the session with a passive peer',
        run: (rig) => neverUp(rig, NEVER_DIALLED_MS),
      },
    ],
  },
  comesUp(
    ({ places }) => ({
      peer: { localAddress: places.second },
      session: { neighbor: places.second, passive: true },
    }),
    { name: 'source-address', proves: 'we open the session from the address that is configured' },
  ),
  comesUp(
    ({ places: { far } }) => ({
      peer: { address: far.switch, localAddress: far.node, multihopTtl: 5 },
      session: { local: far.switch, neighbor: far.node, multihopTtl: 5 },
    }),
    { name: 'multihop', proves: 'a session across a router' },
  ),
  {
    setUp: () => ({ switchAs: NODE_AS }),
    rows: [
      {
        name: 'local-pref-ibgp',
        proves: 'a switch of our own AS is told the local preference',
        async run(rig) {
          await rig.want({ paths: [rig.path({ localPref: 250 })] });
          await sees('the local preference at the switch', async () => (await rig.seen())?.localPref, 250);
          await sees('the AS path at the switch', async () => (await rig.seen())?.asPath, []);
        },
      },
    ],
  },
];

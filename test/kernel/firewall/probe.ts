import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../patience.ts';
import { RANGE, type Scene } from '../scene.ts';
import { WEB } from './refusals.ts';

/** A fault that the agent does not repair, since it finds all that is its own in place, or must not touch it. */
interface Fault {
  readonly what: string;
  readonly make: readonly string[];
  readonly mend: readonly string[];
  /** What a connection from the node itself gets: where it is answered, only an outpost can tell. */
  readonly fromNode: 'answered' | 'timed-out' | 'unreachable';
}

/** As in a container without privileges. The sidecar's node shares the network, and writes what the agent cannot. */
const READ_ONLY = 'mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys';
const WRITABLE = 'umount /proc/sys';

const ROUTES: Fault = {
  what: 'the range is bound, but a rule of policy routing comes before',
  make: ['ip rule add pref 100 lookup local', `ip rule add pref 50 to ${RANGE} unreachable`, 'ip rule del pref 0'],
  mend: ['ip rule add pref 0 lookup local', `ip rule del pref 50`, 'ip rule del pref 100'],
  fromNode: 'unreachable',
};
const IPTABLES: readonly Fault[] = [
  {
    what: 'FORWARD drops what comes from the pods',
    make: ['iptables-legacy -I FORWARD 1 -j DROP'],
    mend: ['iptables-legacy -D FORWARD 1'],
    fromNode: 'answered',
  },
  {
    what: 'INPUT drops what is for the range',
    make: [`iptables-legacy -I INPUT 1 -d ${RANGE} -j DROP`],
    mend: ['iptables-legacy -D INPUT 1'],
    fromNode: 'answered',
  },
  {
    what: 'a rule of others comes before the SNAT rule',
    make: ['iptables-legacy -t nat -I POSTROUTING 1 -d 10.1.0.0/24 -j ACCEPT'],
    mend: ['iptables-legacy -t nat -D POSTROUTING 1'],
    fromNode: 'timed-out',
  },
  ROUTES,
];
const table = (chain: string): string => `nft -f - <<'X'\ntable ip others-probe { chain c { ${chain} }; }\nX`;
const NO_TABLE = ['nft delete table ip others-probe'];
const NFTABLES: readonly Fault[] = [
  {
    what: 'FORWARD drops what comes from the pods',
    make: [table('type filter hook forward priority 0; policy drop;')],
    mend: NO_TABLE,
    fromNode: 'answered',
  },
  {
    what: 'INPUT drops what is for the range',
    make: [table(`type filter hook input priority 0; ip daddr ${RANGE} drop;`)],
    mend: NO_TABLE,
    fromNode: 'answered',
  },
  {
    what: 'another table decides before the SNAT rule',
    make: [
      table(
        'type nat hook postrouting priority 90; ip daddr 10.1.0.0/24 snat to ip saddr map ' +
          '{ 10.0.1.2 : 10.0.1.2, 169.254.77.2 : 169.254.77.2, 10.0.2.6 : 10.0.2.6 };',
      ),
    ],
    mend: NO_TABLE,
    fromNode: 'timed-out',
  },
  ROUTES,
];
/** Faults of settings: made from a second mount namespace, while the agent cannot write them. */
const SETTINGS = [
  { what: 'forwarding is off and /proc/sys is read-only', key: 'net.ipv4.ip_forward', fromNode: 'answered' },
  { what: 'conntrack of IPVS is off and /proc/sys is read-only', key: 'net.ipv4.vs.conntrack', fromNode: 'timed-out' },
] as const;

/** Mends when told to, or else at the end of the test, so that one fault does not fail the tests of the others. */
function onceDone(mend: () => Promise<unknown>): () => Promise<unknown> {
  let mended: Promise<unknown> | undefined;
  const once = (): Promise<unknown> => (mended ??= mend());
  onTestFinished(async () => void (await once()));
  return once;
}

/** The probe condemns a node if and only if a real client cannot be served by it. */
export function probeMatrix(scene: () => Scene, firewall: 'iptables' | 'nftables'): void {
  const client = async (): Promise<string> => (await scene().client.ask({ ...WEB, timeoutMs: 1500 })).outcome;
  const fromNode = async (): Promise<string> => {
    const { outcome } = await scene()
      .inside()
      .ask({ ...WEB, timeoutMs: 1500 });
    return /UNREACH/.test(outcome) ? 'unreachable' : outcome;
  };
  const verdict = (wanted: string): Promise<unknown> =>
    eventually(async () => (await scene().verdict('probe')) === wanted, 30_000);

  describe('the probe agrees with a real client (kernel facts 3.12)', () => {
    const faults = firewall === 'iptables' ? IPTABLES : NFTABLES;
    test.each(faults.map((fault) => [fault.what, fault.fromNode, fault] as const))(
      '%s: neither is served (a connection from the node itself: %s), and both are once it is over',
      async (_, expected, { make, mend }) => {
        await scene().sh('lb1', ...make);
        const mended = onceDone(() => scene().sh('lb1', ...mend));
        expect(await client()).not.toBe('answered');
        await verdict('unhealthy');
        expect(await fromNode()).toBe(expected);
        const { announcement } = (await scene().status()) ?? {};
        expect(announcement).toMatchObject({ state: 'withdrawn', reason: 'probe-failed' });
        await mended();
        await verdict('healthy');
        expect(await client()).toBe('answered');
      },
    );

    test.each(SETTINGS.map(({ fromNode: from, key, what }) => [what, from, key] as const))(
      '%s: neither is served (a connection from the node itself: %s), and both are once it is repaired',
      async (_, expected, key) => {
        await scene().sh('lb1', READ_ONLY);
        const mended = onceDone(() => scene().sh('lb1', WRITABLE));
        await scene().run('gobgp1', 'sysctl', '-qw', `${key}=0`);
        expect(await client()).not.toBe('answered');
        await verdict('unhealthy');
        expect(await fromNode()).toBe(expected);
        const { conditions = [] } = (await scene().status()) ?? {};
        expect(conditions.map(({ code }) => code)).toEqual(
          expect.arrayContaining(['probe-failed', 'sysctl-out-of-sync']),
        );
        await mended();
        await verdict('healthy');
        expect(await client()).toBe('answered');
      },
    );
  });
}

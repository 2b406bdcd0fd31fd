import { describe, expect, onTestFinished, test } from 'vitest';
import type { Scene } from '../scene.ts';
import { expectReset, expectToGoOn } from '../held.ts';
import { eventually } from '../patience.ts';
import { WEB } from './refusals.ts';

/** A change behind the agent's back: what, and the commands for it. */
type Drift = readonly [what: string, ...commands: string[]];

const IPTABLES: readonly Drift[] = [
  ['the SNAT rule is deleted', 'iptables-legacy -t nat -D POSTROUTING 1'],
  [
    'the SNAT rule is there twice',
    'iptables-legacy-save -t nat | grep -- "-A POSTROUTING.*fairlead" | sed s/^/*nat\\\\n/ | sed \\$aCOMMIT | iptables-legacy-restore -n',
  ],
  ['the whole nat table is flushed', 'iptables-legacy -t nat -F'],
  ['the whole filter table is flushed', 'iptables-legacy -F'],
  ['the jump to the filter is deleted', 'iptables-legacy -D INPUT 1'],
  ['the chain of the filter is emptied', 'iptables-legacy -F FAIRLEAD-INPUT'],
  ['the set of what is served is emptied', 'ipset flush fairlead-served'],
];
const NFTABLES: readonly Drift[] = [
  ['the chain of the SNAT table is emptied', 'nft flush chain ip fairlead-snat postrouting'],
  ['the filter table is deleted', 'nft delete table ip fairlead-filter'],
  ['a rule is put before ours in our own table', 'nft insert rule ip fairlead-filter unserved accept'],
];
/** With the last NAT chain of a namespace the kernel stops to translate, and resets what is established. */
const FATAL: readonly Drift[] = [['a virtual server is deleted', `ipvsadm -D -t ${WEB.address}:80`]];
const FATAL_NFTABLES: readonly Drift[] = [
  ['the SNAT table is deleted', 'nft delete table ip fairlead-snat'],
  ['the whole ruleset is flushed', 'nft flush ruleset'],
];
const ANY: readonly Drift[] = [
  ['IPVS hides its packets from conntrack', 'sysctl -qw net.ipv4.vs.conntrack=0'],
  ['real servers that are gone keep their connections', 'sysctl -qw net.ipv4.vs.expire_nodest_conn=0'],
  ['clients stay with real servers of weight 0', 'sysctl -qw net.ipv4.vs.expire_quiescent_template=0'],
  ['forwarding is switched off', 'sysctl -qw net.ipv4.ip_forward=0'],
  ['the local route is deleted', 'ip route del local 10.99.66.0/23 table local'],
];
const OTHERS = {
  iptables: {
    make: 'iptables-legacy -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE',
    look: ['iptables-legacy-save', '-t', 'nat'],
    mark: '-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE',
  },
  nftables: {
    make: "nft -f - <<'X'\ntable ip others { chain post { type nat hook postrouting priority 90; ip saddr 192.0.2.0/24 masquerade; }; }\nX",
    look: ['nft', 'list', 'ruleset'],
    mark: 'ip saddr 192.0.2.0/24 masquerade',
  },
};

/** What others do to the kernel is put right, what is theirs is let alone, and clients see little of it. */
export function drift(scene: () => Scene, firewall: 'iptables' | 'nftables'): void {
  const { look, make, mark } = OTHERS[firewall];

  describe('changes by others (kernel facts 3.1, 3.4)', () => {
    test.each([...(firewall === 'iptables' ? IPTABLES : NFTABLES), ...ANY])(
      '%s: it is repaired, and neither new connections nor an established one end by it',
      async (_, ...commands) => {
        const held = await scene().client.hold(WEB);
        const begin = await scene().lab.clock();
        await scene().sh('lb1', ...commands);
        await repairedSince(scene(), begin);
        expect((await scene().client.ask(WEB)).outcome).toBe('answered');
        expect((await scene().client.ask({ ...WEB, port: 8022 })).outcome).toBe('refused');
        await expectToGoOn(held);
        await held.drop();
      },
    );

    test.each([...FATAL, ...(firewall === 'iptables' ? [] : FATAL_NFTABLES)])(
      '%s: it is repaired; the kernel has ended established connections, by a reset and not by silence',
      async (_, ...commands) => {
        const held = await scene().client.hold(WEB);
        const begin = await scene().lab.clock();
        await scene().sh('lb1', ...commands);
        await repairedSince(scene(), begin);
        await expectReset(held);
        expect((await scene().client.ask(WEB)).outcome).toBe('answered');
      },
    );

    // In nf_tables no accept of ours overrules the drop of another table: see the FORWARD and INPUT rows of the probe.
    test.each(firewall === 'iptables' ? ['FORWARD', 'INPUT'] : [])(
      'a policy of DROP in %s, as Docker and firewalld set it: clients are served by our own rules',
      async (chain) => {
        onTestFinished(async () => void (await scene().run('lb1', 'iptables-legacy', '-P', chain, 'ACCEPT')));
        const held = await scene().client.hold(WEB);
        await scene().run('lb1', 'iptables-legacy', '-P', chain, 'DROP');
        expect((await scene().client.ask(WEB)).outcome).toBe('answered');
        await expectToGoOn(held);
        await held.drop();
      },
    );

    test('rules of others stay, behind a repair of ours too, and of ours there is one', async () => {
      await scene().sh('lb1', make);
      const begin = await scene().lab.clock();
      const spoil = firewall === 'iptables' ? IPTABLES[0] : NFTABLES[0];
      await scene().sh('lb1', spoil?.[1] ?? '');
      await repairedSince(scene(), begin);
      const rules = await scene().run('lb1', ...look);
      expect(rules).toContain(mark);
      expect(
        rules.split('\n').filter((line) => /fairlead: snat|ct original ip daddr.* masquerade/.test(line)),
      ).toHaveLength(1);
    });

    test('a connection of the node itself into the range is served, and bears the own address of the node', async () => {
      const { outcome, says } = await scene().inside().ask(WEB);
      expect(outcome).toBe('answered');
      expect(says).toMatch(/^pod[12] 10\.1\.0\.11:/);
    });
  });
}

/** Resolves once the agent has repaired something, and finds nothing more to repair. */
async function repairedSince(scene: Scene, begin: number): Promise<void> {
  await eventually(async () =>
    (await scene.events()).find(({ at, event }) => event === 'kernel-changed' && at >= begin),
  );
}

import { describe, expect, test } from 'vitest';
import { parseIptablesSave } from '../../../src/dataplane/firewall/parse.ts';
import { choiceFinding, type Gate, passageFindings, passages } from '../../../src/doctor/firewall.ts';
import { iptablesRules, policyIn } from '../../../src/doctor/iptables-rules.ts';
import { parseRuleset } from '../../../src/doctor/nftables-rules.ts';
import { fateOf, type Packet } from '../../../src/doctor/rules.ts';
import type { Peer } from '../../../src/model/path.ts';
import { PEER } from '../bgp/sample.ts';
import { commandIn, told, wrong } from './told.ts';

const BGP: Packet = {
  family: 'ipv4',
  protocol: 'tcp',
  source: '10.22.108.1',
  destination: '10.22.108.100',
  port: 179,
  incoming: 'eth0',
  state: 'new',
  direction: 'original',
};
const REPLY: Packet = {
  family: 'ipv4',
  protocol: 'tcp',
  state: 'established',
  direction: 'reply',
  openedTo: '10.99.66.0',
};

/** The fate in a chain with these rules, as iptables-save prints them. */
function saved(packet: Packet, policy: string, ...rules: readonly string[]): string {
  const text = `*filter\n:INPUT ${policy} [0:0]\n:FORWARD ACCEPT [0:0]\n:MINE - [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
  return fateOf(iptablesRules(parseIptablesSave(text)), { chain: 'INPUT', policy: policyIn(text, 'INPUT') }, packet)
    .kind;
}

describe('iptables', () => {
  test.each<[Packet, string, string[], string]>([
    [BGP, 'ACCEPT', [], 'passes'],
    [BGP, 'DROP', [], 'dropped'],
    [
      BGP,
      'DROP',
      ['-A INPUT -s 10.22.108.1/32 -p tcp -m tcp --dport 179 -m comment --comment "the switch" -j ACCEPT'],
      'passes',
    ],
    [BGP, 'DROP', ['-A INPUT -s 10.22.108.2/32 -p tcp -m tcp --dport 179 -j ACCEPT'], 'dropped'],
    [BGP, 'DROP', ['-A INPUT ! -s 10.22.108.2/32 -p tcp -j ACCEPT'], 'passes'],
    [BGP, 'DROP', ['-A INPUT -p tcp -m multiport --dports 22,170:180 -j ACCEPT'], 'passes'],
    [BGP, 'DROP', ['-A INPUT -p udp -m udp --dport 179 -j ACCEPT'], 'dropped'],
    [BGP, 'DROP', ['-A INPUT -i lo -j ACCEPT'], 'dropped'],
    [BGP, 'DROP', ['-A INPUT -i eth+ -j ACCEPT'], 'passes'],
    [BGP, 'DROP', ['-A INPUT -m set --match-set friends src -j ACCEPT'], 'unclear'],
    [BGP, 'DROP', ['-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'], 'dropped'],
    [BGP, 'ACCEPT', ['-A INPUT -p tcp -m tcp --dport 179 -j REJECT --reject-with tcp-reset'], 'dropped'],
    [BGP, 'ACCEPT', ['-A INPUT -m set --match-set foes src -j DROP'], 'passes'],
    [BGP, 'ACCEPT', ['-A INPUT -j LOG --log-prefix "in "', '-A INPUT -p tcp -m tcp --syn -j DROP'], 'passes'],
    [
      BGP,
      'ACCEPT',
      ['-A INPUT -p tcp -j MINE', '-A MINE -p tcp -m tcp --dport 22 -j RETURN', '-A MINE -j DROP'],
      'dropped',
    ],
    [BGP, 'DROP', ['-A INPUT -j MINE', '-A MINE -p tcp -j RETURN', '-A MINE -j ACCEPT'], 'dropped'],
    [BGP, 'DROP', ['-A INPUT -g MINE', '-A INPUT -j ACCEPT'], 'dropped'],
    [BGP, 'DROP', ['-A INPUT -j MINE', '-A INPUT -j ACCEPT'], 'passes'],
    [BGP, 'DROP', ['-A INPUT -m physdev --physdev-is-bridged -j ACCEPT'], 'unclear'],
    [BGP, 'DROP', ['-A INPUT -j MINE', '-A MINE -j MINE'], 'dropped'],
    [REPLY, 'DROP', ['-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'], 'passes'],
    [REPLY, 'DROP', ['-A INPUT -m conntrack --ctorigdst 10.99.66.0/23 --ctdir REPLY -j ACCEPT'], 'passes'],
    [REPLY, 'DROP', ['-A INPUT -m conntrack --ctorigdst 10.98.0.0/16 --ctdir REPLY -j ACCEPT'], 'dropped'],
    [REPLY, 'DROP', ['-A INPUT -s 10.244.0.0/16 -j ACCEPT'], 'unclear'],
  ])('%j meets %s %j: %s', (packet, policy, rules, expected) => {
    expect(saved(packet, policy, ...rules)).toBe(expected);
  });
});

const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const match = (left: object, right: unknown, op = '==') => ({ match: { op, left, right } });

describe('nf_tables', () => {
  const chain = { family: 'inet', table: 'fw', name: 'in', handle: 1, type: 'filter', hook: 'input', prio: 0 };

  function ruled(packet: Packet, policy: string, ...rules: readonly object[][]): string {
    const nftables = [
      { metainfo: { version: '1.0.6' } },
      { table: { family: 'inet', name: 'fw' } },
      { chain: { ...chain, policy } },
      { chain: { family: 'inet', table: 'fw', name: 'other' } },
      { chain: { ...chain, name: 'nat', type: 'nat' } },
      ...rules.map((expr, index) => ({
        rule: { family: 'inet', table: 'fw', chain: index === 0 ? 'in' : 'other', expr },
      })),
    ];
    const { bases, chains } = parseRuleset(JSON.stringify({ nftables }));
    expect(bases).toHaveLength(1);
    return bases[0] ? fateOf(chains, bases[0], packet).kind : '';
  }

  const ACCEPT = { accept: null };
  test.each<[Packet, string, object[][], string]>([
    [BGP, 'accept', [], 'passes'],
    [BGP, 'drop', [], 'dropped'],
    [BGP, 'drop', [[match(payload('tcp', 'dport'), 179), { counter: { packets: 0 } }, ACCEPT]], 'passes'],
    [BGP, 'drop', [[match(payload('tcp', 'dport'), { set: [22, { range: [170, 180] }] }), ACCEPT]], 'passes'],
    [BGP, 'drop', [[match(payload('udp', 'dport'), 179), ACCEPT]], 'dropped'],
    [BGP, 'drop', [[match(payload('ip', 'saddr'), { prefix: { addr: '10.22.108.0', len: 24 } }), ACCEPT]], 'passes'],
    [BGP, 'drop', [[match(payload('ip', 'saddr'), '10.22.108.1', '!='), ACCEPT]], 'dropped'],
    [BGP, 'drop', [[match(payload('ip6', 'saddr'), '::1'), ACCEPT]], 'dropped'],
    [BGP, 'drop', [[match(payload('ip', 'saddr'), '@friends'), ACCEPT]], 'unclear'],
    [BGP, 'drop', [[match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), ACCEPT]], 'dropped'],
    [REPLY, 'drop', [[match({ ct: { key: 'state' } }, ['established', 'related'], 'in'), ACCEPT]], 'passes'],
    [BGP, 'drop', [[match({ meta: { key: 'iifname' } }, 'eth*'), ACCEPT]], 'passes'],
    [BGP, 'drop', [[{ xt: null }, ACCEPT]], 'unclear'],
    [BGP, 'accept', [[{ limit: { rate: 1, per: 'second' } }, { drop: null }]], 'passes'],
    [BGP, 'accept', [[{ jump: { target: 'other' } }], [{ reject: { type: 'tcp reset' } }]], 'dropped'],
    [BGP, 'drop', [[{ jump: { target: 'other' } }], [ACCEPT]], 'passes'],
  ])('%j meets %s %j: %s', (packet, policy, rules, expected) => {
    expect(ruled(packet, policy, ...rules)).toBe(expected);
  });
});

const closed = (hook: Gate['hook'], more: Partial<Gate> = {}): Gate => ({
  hook,
  family: 'ipv4',
  where: 'iptables-nft',
  chains: new Map(),
  chain: hook.toUpperCase(),
  policy: 'drop',
  ours: false,
  early: true,
  letPass: ({ name }) => `open ${name}`,
  ...more,
});

describe('what an lb node has to let through', () => {
  const peer: Peer = { ...PEER, bfd: { intervalMs: 300, multiplier: 3 } };
  const wanted = (passive = false) =>
    passages({ ranges: ['10.99.66.0/23'], peers: [{ ...peer, passive }], ways: new Map(), listenPort: 179 });

  test('passes where there is no firewall', () => {
    expect(passageFindings(wanted(), []).map(told)).toStrictEqual([
      'ok forward: replies of the pods to clients of 10.99.66.0/23: let through',
      'ok input: connections to 10.99.66.0/23: let through',
      'ok input: TCP 179 from 10.22.108.1: let through',
      'ok input: UDP 3784 from 10.22.108.1: let through',
    ]);
  });

  test.each<[string, Gate[], boolean, string[]]>([
    [
      'closed',
      [closed('forward'), closed('input')],
      false,
      ['error forward', 'error input', 'warning input', 'warning input'],
    ],
    [
      'where our own rules come first',
      [closed('forward', { ours: true }), closed('input', { ours: true })],
      false,
      ['warning input', 'warning input'],
    ],
    ['behind IPVS', [closed('input', { early: false })], false, ['warning input', 'warning input']],
    ['of IPv6 alone', [closed('input', { family: 'ipv6' })], false, []],
    ['of both families', [closed('forward', { family: undefined })], false, ['error forward']],
    ['for a peer that opens the session', [closed('input', { ours: true })], true, ['error input', 'warning input']],
  ])('at a gate that is %s: %j', (_, gates, passive, expected) => {
    expect(wrong(passageFindings(wanted(passive), gates))).toStrictEqual(expected);
  });

  test('says which rule it is, and the command that opens the gate', () => {
    const [found] = passageFindings(wanted(), [closed('forward')]);
    expect(found?.found).toBe(
      'replies of the pods to clients of 10.99.66.0/23: dropped in iptables-nft by the policy of FORWARD: every connection times out',
    );
    expect(commandIn(found)).toBe('open replies of the pods to clients of 10.99.66.0/23');
  });
});

test.each([
  [{ kind: 'nftables', refusal: undefined, lacking: undefined }, []],
  [{ kind: 'nftables', refusal: 'no NAT', lacking: undefined }, ['error firewall']],
  [{ kind: 'iptables', refusal: 'no NAT', lacking: undefined }, []],
  [{ kind: 'iptables', refusal: 'no NAT', lacking: { problem: 'no program' } }, ['error firewall']],
] as const)('of the firewall %j it is wrong: %j', (choice, expected) => {
  expect(wrong([choiceFinding(choice)])).toStrictEqual(expected);
});

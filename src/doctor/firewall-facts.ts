import { runCommand } from '../dataplane/command.ts';
import type { FirewallSettings } from '../dataplane/firewall/firewall.ts';
import { parseIptablesSave } from '../dataplane/firewall/parse.ts';
import { FAMILIES, type Family } from '../model/address.ts';
import { isUnknown } from './finding.ts';
import { type Choice, choiceFinding, type Gate, type Passage, passageFindings, passages } from './firewall.ts';
import type { Group } from './group.ts';
import { iptablesRules, policyIn } from './iptables-rules.ts';
import { orProblem } from './look.ts';
import { moduleFacts } from './module-facts.ts';
import { type BaseChain, parseRuleset } from './nftables-rules.ts';

export const firewallGroup: Group = async ({ config: { bgp, dataplane }, peers: finding, ranges: reading }) => {
  const [{ peers, ways }, ranges] = await Promise.all([finding, reading]);
  const { externalIPs, firewall, loadBalancerIPs, mode, mssClamp } = dataplane;
  const serves = mode === 'ipvs';
  const settings = { firewall, ranges, external: [...externalIPs, ...loadBalancerIPs], mssClamp };
  const choice = serves ? await choiceOf(settings) : undefined;
  const gates = [...(await iptablesGates('legacy', choice?.kind)), ...(await nftablesGates())];
  const wanted = passages({ ranges: serves ? ranges : [], peers, ways, listenPort: bgp.listenPort });
  return [...(choice ? [choiceFinding(choice)] : []), ...passageFindings(wanted, gates)];
};

async function choiceOf(settings: FirewallSettings): Promise<Choice> {
  const { chooseFirewall } = await import('../dataplane/firewall/firewall.ts');
  const choice = await chooseFirewall(settings);
  return { ...choice, lacking: choice.kind === 'iptables' ? await lackOfIptables() : undefined };
}

/** What the rules of ours are made of. */
const MODULES = [
  'ip_tables',
  'iptable_nat',
  'iptable_filter',
  'xt_ipvs',
  'xt_conntrack',
  'xt_set',
  'ip_set_hash_ipport',
];

async function lackOfIptables(): Promise<Choice['lacking']> {
  const program = await orProblem(runCommand(['iptables-legacy-restore', '--version']));
  if (isUnknown(program)) return program;
  const absent = [...moduleFacts(MODULES).states].filter(([, state]) => state === 'absent').map(([name]) => name);
  return absent.length === 0 ? undefined : { problem: `this kernel has no ${absent.join(', ')}` };
}

const PROGRAM = { ipv4: 'iptables', ipv6: 'ip6tables' } as const;

/** @param kind what the agent uses: in that of iptables-legacy its own rules come first */
async function iptablesGates(flavour: 'legacy' | 'nft', kind?: Choice['kind'], families = FAMILIES): Promise<Gate[]> {
  const { existingTables } = await import('../dataplane/firewall/xtables.ts');
  const there = families.filter((family) => flavour === 'nft' || existingTables(family).includes('filter'));
  const gates = await Promise.all(
    there.map(async (family) => {
      const program = `${PROGRAM[family]}-${flavour}`;
      return gatesIn(await runCommand([`${program}-save`, '-t', 'filter']), family, program, kind === 'iptables');
    }),
  );
  return gates.flat();
}

function gatesIn(text: string, family: Family, program: string, ours: boolean): Gate[] {
  const chains = iptablesRules(parseIptablesSave(text));
  return (['FORWARD', 'INPUT'] as const).map((chain) => ({
    hook: chain === 'FORWARD' ? 'forward' : 'input',
    family,
    where: program,
    chains,
    chain,
    policy: policyIn(text, chain),
    ours,
    early: true,
    letPass: (passage) => `${program} -I ${chain} 1 ${iptablesWords(passage)} -j ACCEPT`,
  }));
}

function iptablesWords({ hook, packet, range }: Passage): string {
  const { port, protocol, source } = packet;
  if (hook === 'forward') return '-m conntrack --ctstate ESTABLISHED';
  if (range !== undefined) return `-d ${range}`;
  return `-s ${source} -p ${protocol} --dport ${port}`;
}

/** Of the kernel's filter, IPVS takes its packets from there on (net/netfilter/ipvs/ip_vs_core.c). */
const IPVS_PRIORITY = 98;

async function nftablesGates(): Promise<Gate[]> {
  const { hasNfTables } = await import('../dataplane/firewall/remove.ts');
  if (!hasNfTables()) return [];
  const { bases, chains } = parseRuleset(await runCommand(['nft', '-j', 'list', 'ruleset']));
  const foreign = bases.filter(({ table }) => !table.startsWith('fairlead-'));
  const compat = FAMILIES.filter((family) => foreign.some((base) => isCompat(base) && base.family === NFT[family]));
  const own = foreign.filter((base) => !isCompat(base)).map((base): Gate => ({ ...base, ...gateOf(base), chains }));
  return [...own, ...(await iptablesGates('nft', undefined, compat))];
}

const NFT = { ipv4: 'ip', ipv6: 'ip6' } as const;

/** A table of iptables-nft: `nft` prints its own matches as words that say nothing. */
const isCompat = ({ chain, family, table }: BaseChain): boolean =>
  table === 'filter' && family !== 'inet' && /(FORWARD|INPUT)$/.test(chain);

const gateOf = ({
  chain,
  family,
  priority,
}: BaseChain): Pick<Gate, 'family' | 'where' | 'ours' | 'early' | 'letPass'> => ({
  family: FAMILIES.find((one) => NFT[one] === family),
  where: `nftables, ${chain}`,
  ours: false,
  early: priority < IPVS_PRIORITY,
  letPass: (passage) => `nft insert rule ${chain} ${nftWords(passage)} accept`,
});

function nftWords({ hook, packet, range }: Passage): string {
  const { family, port, protocol, source } = packet;
  if (hook === 'forward') return 'ct state established';
  if (range !== undefined) return `${NFT[family]} daddr ${range}`;
  return `${NFT[family]} saddr ${source} ${protocol} dport ${port}`;
}

import type { Lab } from '../../../lab/lab.ts';

/** What an agent may change on a node, each with the command that shows it. */
const COMMANDS = {
  ipvs: 'ipvsadm -Sn',
  routes: 'ip -4 route show table all; ip -6 route show table all',
  rules: 'iptables-legacy-save; ip6tables-legacy-save',
  sets: 'ipset save',
  links: 'ip -br addr',
  sysctls: "sysctl -a -r '^net\\.ipv[46]\\..*(forward|forwarding|accept_ra|vs\\.[a-z_]+)$'",
  files: 'ls -A /run/fairlead',
  nftables: 'nft --stateless list ruleset 2>/dev/null || true',
} as const;

/** Before a line, so that a command with no output still has its place. */
const MARK = '=== ';

/** What a node holds, without counters and without tables of iptables that hold nothing: nobody can unload them. */
export async function snapshot(lab: Lab, node: string): Promise<Record<string, string>> {
  const script = Object.entries(COMMANDS).map(([what, command]) => `echo '${MARK}${what}'; ${command}`);
  const { exitCode, stderr, stdout } = await lab.exec(node, ['sh', '-ec', script.join('\n')]);
  if (exitCode !== 0) throw new Error(`the snapshot of ${node} failed: ${stderr}`);
  const parts = stdout.split(MARK).slice(1);
  return Object.fromEntries(parts.map((part) => [part.slice(0, part.indexOf('\n')), normal(part)]));
}

const normal = (part: string): string =>
  part
    .slice(part.indexOf('\n') + 1)
    .replaceAll(/ \[\d+:\d+\]|^#.*\n/gm, '')
    .replaceAll(/^\*\w+\n(?::\w+ ACCEPT\n)*COMMIT\n/gm, '')
    .split('\n')
    .toSorted()
    .join('\n');

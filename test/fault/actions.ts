import type { Lab } from '../../lab/lab.ts';
import { FACTS, type Lb } from './cluster.ts';
import { run, waitUntil } from './stage.ts';

/**
 * Runs a command that breaks something. The start of a process takes a while in an emulated machine and is no part of what is
 * measured.
 * @returns the moment right before the command itself ran: milliseconds since the epoch
 */
async function strike(lab: Lab, node: string, ...argv: string[]): Promise<number> {
  const stdout = await run(lab, node, 'sh', '-c', 'date +%s.%N; exec "$@"', 'strike', ...argv);
  return Number(stdout.split('\n')[0]) * 1000;
}

/** The rule by which answers find their way back, deleted as `iptables -F` of another tool would. */
export const deleteSnat = (lab: Lab, lb: Lb): Promise<number> =>
  lab.kind === 'uml'
    ? strike(lab, lb, 'iptables-legacy', '-t', 'nat', '-F', 'POSTROUTING')
    : strike(lab, lb, 'nft', 'delete', 'table', 'ip', 'fairlead-snat');

export const flushIpvs = (lab: Lab, lb: Lb): Promise<number> => strike(lab, lb, 'ipvsadm', '-C');

export const deleteRangeRoute = (lab: Lab, lb: Lb): Promise<number> =>
  strike(lab, lb, 'ip', 'route', 'del', 'local', '10.99.66.0/23', 'dev', 'lo', 'table', 'local');

export const flipForwarding = (lab: Lab, lb: Lb): Promise<number> =>
  strike(lab, lb, 'sh', '-c', 'echo 0 >/proc/sys/net/ipv4/ip_forward');

/** What no table of the agent shows: packets are dropped between the lb node and the pods. */
export const blockPath = (lab: Lab, lb: Lb): Promise<number> =>
  strike(lab, lb, 'iptables-legacy', '-I', 'FORWARD', '1', '-j', 'DROP');

export const unblockPath = (lab: Lab, lb: Lb): Promise<unknown> =>
  run(lab, lb, 'iptables-legacy', '-D', 'FORWARD', '-j', 'DROP');

/** Pulls the cable between an lb node and the tor: both ends lose their carrier. */
export const cutLink = (lab: Lab, lb: Lb): Promise<number> =>
  strike(lab, 'tor', 'ip', 'link', 'set', FACTS[lb].port, 'down');

/** The kernel takes IPv6 addresses off an interface that is switched off. */
export async function joinLink(lab: Lab, lb: Lb): Promise<void> {
  const { direct, port, tor6, uplink } = FACTS[lb];
  const lines = [
    `ip link set ${port} up`,
    `ip address replace ${tor6} dev ${port} nodad`,
    `ip route replace ${direct}/32 via ${uplink}`,
  ];
  await run(lab, 'tor', 'sh', '-ec', lines.join('\n'));
}

/** Every packet between an lb node and the tor is lost, and both keep their carrier: a dead node behind another switch. */
export async function silence(lab: Lab, lb: Lb): Promise<number> {
  const lose = (node: string, port: string): Promise<number> =>
    strike(lab, node, 'tc', 'qdisc', 'replace', 'dev', port, 'root', 'netem', 'loss', '100%');
  return Math.min(...(await Promise.all([lose(lb, 'eth1'), lose('tor', FACTS[lb].port)])));
}

export async function unsilence(lab: Lab, lb: Lb): Promise<void> {
  const pass = (node: string, port: string): Promise<string> =>
    run(lab, node, 'tc', 'qdisc', 'del', 'dev', port, 'root');
  await Promise.all([pass(lb, 'eth1'), pass('tor', FACTS[lb].port)]);
}

/** Ends gobgpd as the kernel's out-of-memory killer would. The sidecar ends with it. */
export async function killGobgpd(lab: Lab, lb: Lb): Promise<number> {
  const ended = lab.exited(FACTS[lb].gobgp);
  const at = await signalGobgpd(lab, lb, 'KILL');
  await ended;
  return at;
}

export const freezeGobgpd = (lab: Lab, lb: Lb): Promise<number> => signalGobgpd(lab, lb, 'STOP');

export const continueGobgpd = (lab: Lab, lb: Lb): Promise<number> => signalGobgpd(lab, lb, 'CONT');

/**
 * Nodes share the machine's process numbers: the right gobgpd is the one in the network namespace of the node. One without
 * `--api-hosts` only tells the sidecar which flags it knows, and is gone in a moment.
 */
async function gobgpdOf(lab: Lab, lb: Lb): Promise<string | undefined> {
  const script = `mine=$(readlink /proc/self/ns/net)
    for pid in $(pidof gobgpd); do
      [ "$(readlink /proc/$pid/ns/net)" != "$mine" ] || ! grep -qs -e --api-hosts /proc/$pid/cmdline || echo $pid
    done`;
  const pids = (await run(lab, FACTS[lb].gobgp, 'sh', '-c', script)).trim();
  return /^\d+$/.test(pids) ? pids : undefined;
}

/** A sidecar that was just started starts its gobgpd a moment later. */
async function signalGobgpd(lab: Lab, lb: Lb, signal: string): Promise<number> {
  let pid: string | undefined;
  await waitUntil(async () => (pid = await gobgpdOf(lab, lb)) !== undefined, 30_000);
  if (pid === undefined) throw new Error(`${FACTS[lb].gobgp}: expected one gobgpd, found none or several`);
  return strike(lab, FACTS[lb].gobgp, 'kill', `-${signal}`, pid);
}

/**
 * Follows the default routes of the network namespace it is started in, as the agent does, and prints as one JSON object
 * what the peers were behind each change.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { NodePeers } from '../../src/agent/node-peers.ts';
import { watchKernel } from '../../src/agent/watch.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { Links } from '../../src/dataplane/netlink/link.ts';

const { config, problems } = parseConfig(
  `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23]
bgp:
  localAs: 64512
  routerId: 10.22.108.100
  peers:
    - { gateway: ipv4, as: 64500 }
    - { gateway: ipv6, as: 64500 }
    - { gateway: ipv4, interface: up1, as: 64500 }
`,
  'lb-1',
);
if (config === undefined) throw new Error(JSON.stringify(problems));

const ip = (...argv: string[]) => execFileSync('ip', argv, { stdio: ['ignore', 'ignore', 'inherit'] });
for (const [name, far, subnet] of [
  ['up0', 'far0', 108],
  ['up1', 'far1', 109],
] as const) {
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', far);
  for (const end of [name, far]) ip('link', 'set', end, 'up');
  ip('address', 'add', `10.22.${subnet}.100/24`, 'dev', name);
  ip('address', 'add', `fd22:${subnet}::100/64`, 'dev', name, 'nodad');
}

const links = new Links();
const log = pino({ level: 'silent' });
const directory = mkdtempSync(join(tmpdir(), 'fairlead-gateways-'));
const peers = new NodePeers({
  config,
  routes: () => links.defaultRoutes(),
  labels: () => undefined,
  file: join(directory, 'node.json'),
  log,
  // What is seen sooner was told by the kernel.
  lookEveryMs: 3_600_000,
});
const DEADLINE_MS = 5000;
let changed = (): void => {};
peers.follow(() => changed());
const agent = { kernelChanged: () => undefined, recheck: () => undefined };
const unwatch = watchKernel(agent, config, { peers, uplink: { names: new Set() } }, log);

const seen: Record<string, unknown> = {};

/** Makes changes, and waits for the peers to be others, or for a while. */
async function change(name: string, waitMs: number, ...changes: readonly string[]): Promise<void> {
  const isOver = new Promise<void>((resolve) => {
    changed = resolve;
    setTimeout(resolve, waitMs);
  });
  for (const one of changes) ip(...one.split(' '));
  await isOver;
  // Several changes are told one by one.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { resolved } = peers;
  seen[name] = [resolved.peers.map(({ address }) => address), resolved.problems.length];
}

await change('no route', 0);
await change('both families', DEADLINE_MS, 'route add default via 10.22.108.1', '-6 route add default via fd22:108::1');
await change('a better one', DEADLINE_MS, 'route replace default via 10.22.108.9');
await change('several next hops', DEADLINE_MS, 'route replace default nexthop via 10.22.108.1 nexthop via 10.22.109.1');
await change('another one behind it', 500, 'route add default via 10.22.108.77 metric 500');
await change('all gone', 500, 'route del default', 'route del default', '-6 route del default');
await change('IPv6 of another switch', DEADLINE_MS, '-6 route add default via fd22:109::1');
await change('IPv6 of a single link', DEADLINE_MS, '-6 route replace default via fe80::1 dev up1');
await change('of another table', 500, 'route add default via 10.22.109.9 table 100');

await unwatch();
await peers.stop();
links.close();
rmSync(directory, { recursive: true });
process.stdout.write(JSON.stringify(seen));

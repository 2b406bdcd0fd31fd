/**
 * Plays two outposts in the network namespace it is started in, and prints what they saw as one JSON object. IPv6 is
 * switched off for every interface to come, and switched on half-way; looking for duplicates then takes a minute.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { Outpost } from '../../src/health/outpost.ts';
import { explain } from '../../src/model/error.ts';

const set = (key: string, value: string): void => writeFileSync(`/proc/sys/net/${key}`, value);
const addresses = (): string =>
  execFileSync('ip', ['-oneline', '-6', 'address', 'show', 'dev', 'o1'], { encoding: 'utf8' });

set('ipv6/conf/default/disable_ipv6', '1');
set('ipv6/conf/default/dad_transmits', '60');
set('ipv4/ip_forward', '1');
const client = new Outpost({
  name: 'o1',
  ipv4: { node: '169.254.88.1', outpost: '169.254.88.2' },
  ipv6: { node: 'fd88::1', outpost: 'fd88::2' },
});
const pod = new Outpost({
  name: 'o2',
  ipv4: { node: '169.254.88.5', outpost: '169.254.88.6' },
  ipv6: { node: 'fd88::5', outpost: 'fd88::6' },
});
const { port, server } = await pod.listen();
const host = createServer((socket) => socket.on('error', () => undefined).end());
await new Promise<void>((resolve) => void host.listen(port, '::', resolve));
const attempt = (address: string): Promise<string> => client.attempt({ address, port }, 2000).catch(explain);

pod.connect('ipv4');
const off = {
  node: await attempt('169.254.88.1'),
  pod: await attempt('169.254.88.6'),
  node6: await attempt('fd88::1'),
};
for (const name of ['o1', 'o2']) set(`ipv6/conf/${name}/disable_ipv6`, '0');
set('ipv6/conf/all/forwarding', '1');
pod.connect('ipv6');
const on = { pod: await attempt('169.254.88.6'), node6: await attempt('fd88::1'), pod6: await attempt('fd88::6') };
process.stdout.write(JSON.stringify({ off, on, addresses: addresses() }));
for (const outpost of [client, pod]) outpost.close();
for (const one of [server, host]) one.close();

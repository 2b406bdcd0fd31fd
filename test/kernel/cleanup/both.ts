import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventsOf } from '../../../lab/observe/agents.ts';
import { Lab } from '../../../lab/lab.ts';
import type { Kind } from '../../../lab/machine/kind.ts';
import { obstacleTo } from '../obstacle.ts';
import { eventually } from '../patience.ts';
import { addressesSettled } from '../settled.ts';
import { snapshot } from './snapshot.ts';

const CONFIG = '/etc/fairlead/config.yaml';

/** What others have on the node before the agent comes, beside and inside the same tables. */
const OTHERS = `
ipvsadm -A -t 192.0.2.1:80 -s wlc
ipvsadm -a -t 192.0.2.1:80 -r 10.1.0.101:8080 -m -w 3
ipvsadm -A -u [2001:db8::1]:53
iptables-legacy -A INPUT -s 192.0.2.0/24 -j DROP
iptables-legacy -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
iptables-legacy -N OTHERS
iptables-legacy -A FORWARD -m comment --comment others -j OTHERS
ip6tables-legacy -A INPUT -s 2001:db8::/32 -j DROP
ipset create others hash:ip
ipset add others 192.0.2.9
ip route add 192.0.2.0/24 via 10.1.0.1
ip route add local 203.0.113.0/24 dev lo
sysctl -qw net.ipv4.vs.expire_nodest_conn=1
mkdir -p /run/fairlead
`;
const NFT_OTHERS = `table inet others { chain input { type filter hook input priority 5; ip saddr 192.0.2.9 drop; }; }\n`;

/** A Service with an address outside of the ranges, beside the one of the lab, which has both families. */
const MANIFEST = JSON.stringify({
  apiVersion: 'v1',
  kind: 'List',
  items: [service('outside', '10.99.66.30', '198.51.100.7'), slice('outside', '10.1.0.101')],
});

function service(name: string, clusterIP: string, externalIP: string): object {
  const spec = {
    clusterIP,
    clusterIPs: [clusterIP],
    externalIPs: [externalIP],
    ports: [{ protocol: 'TCP', port: 80 }],
  };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

function slice(name: string, address: string): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: null, protocol: 'TCP', port: 8080 }],
    endpoints: [{ addresses: [address] }],
  };
}

/**
 * What `fairlead cleanup` does, with both firewalls.
 * @param wish a kind of lab machine; without, the one that every other test takes
 */
export function cleanup(wish?: Kind): void {
  const obstacle = wish && obstacleTo(wish);
  let lab: Lab;
  let before: Record<string, string>;
  const run = (...argv: string[]) => lab.exec('lb1', argv, { timeoutMs: 60_000 });
  const clean = () => run('fairlead', 'cleanup', '--config', CONFIG);

  async function startAgent(): Promise<void> {
    const begin = await lab.clock();
    await lab.start('lb1');
    await eventually(
      async () => (await eventsOf(lab, 'lb1')).some(({ at, event }) => event === 'announced' && at >= begin),
      90_000,
    );
    await addressesSettled(lab, 'lb1');
  }

  beforeEach(({ skip }) => obstacle !== undefined && skip(obstacle));
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    const nodes = ['client', 'tor', 'lb1', 'gobgp1', 'fab', 'pod1'];
    lab = await Lab.up({ nodes, start: false, ...(wish && { kind: wish }) });
    const config = await lab.readFile('lb1', CONFIG);
    await lab.writeFile('lb1', CONFIG, `${config}dataplane: { externalIPs: [198.51.100.0/24] }\n`);
    await lab.writeFile('lb1', '/etc/fairlead/manifests/more.json', MANIFEST);
    const others = `${OTHERS}\nnft -f - <<'X' || true\n${NFT_OTHERS}X\n`;
    const { exitCode, stderr } = await run('sh', '-ec', others);
    if (exitCode !== 0) throw new Error(stderr);
    await addressesSettled(lab, 'lb1');
    before = await snapshot(lab, 'lb1');
    await Promise.all(['gobgp1', 'pod1'].map((node) => lab.start(node)));
    await startAgent();
  }, 300_000);
  afterAll(() => lab?.down());

  test('beside an agent it refuses, and touches nothing', async () => {
    const running = await snapshot(lab, 'lb1');
    for (const part of ['ipvs', 'routes', 'sysctls', 'links', 'files'])
      expect(running[part], part).not.toBe(before[part]);
    expect(`${running['rules']}${running['nftables']}`).not.toBe(`${before['rules']}${before['nftables']}`);
    expect(running['ipvs']).toContain('-A -t 198.51.100.7:80');
    expect(running['ipvs']).toContain('-A -t [fd99:66::10]:80');
    const { exitCode, stderr, stdout } = await clean();
    expect([exitCode, stdout]).toStrictEqual([1, '']);
    expect(stderr).toMatch(/^fairlead: already-running: .*\n {2}hint: /);
    expect(await snapshot(lab, 'lb1')).toStrictEqual(running);
  });

  test('behind an agent that was killed it refuses for as long as gobgpd attracts traffic', async () => {
    await lab.kill('lb1', 'SIGKILL');
    const left = await snapshot(lab, 'lb1');
    const { exitCode, stderr } = await clean();
    expect(exitCode).toBe(1);
    expect(stderr).toContain('fairlead: still-announced: gobgpd still announces 10.99.66.0/23');
    expect(await snapshot(lab, 'lb1')).toStrictEqual(left);
  });

  test('behind an agent that was stopped it leaves the node as it was before, and says what it did', async () => {
    await startAgent();
    await lab.kill('lb1', 'SIGTERM');
    const { exitCode, stderr, stdout } = await clean();
    expect([exitCode, stderr]).toStrictEqual([0, '']);
    expect(stdout).toMatch(/^Done\n {2}PART +CHANGE\n {2}routes +delete /);
    for (const line of ['ipvs +delete-service tcp/10.99.66.10:80 rr', 'sysctl +net/ipv4/ip_forward: ']) {
      expect(stdout).toMatch(new RegExp(`^  ${line}`, 'm'));
    }
    expect(await snapshot(lab, 'lb1')).toStrictEqual(before);
  });

  test('a second time there is nothing to remove', async () => {
    expect(await clean()).toMatchObject({ exitCode: 0, stdout: 'nothing to remove\n', stderr: '' });
    expect(await snapshot(lab, 'lb1')).toStrictEqual(before);
  });

  test('behind an agent and a gobgpd that were killed it leaves the node as it was before', async () => {
    await startAgent();
    await Promise.all([lab.kill('lb1', 'SIGKILL'), lab.kill('gobgp1', 'SIGKILL')]);
    expect(await clean()).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await snapshot(lab, 'lb1')).toStrictEqual(before);
  });

  test('the IPVS table of a proxy is left to it', async () => {
    await run('sh', '-ec', 'ip link add kube-ipvs0 type dummy; ipvsadm -A -t 10.99.66.10:80');
    const theirs = await snapshot(lab, 'lb1');
    expect(theirs['ipvs']).toContain('10.99.66.10:80');
    expect(await clean()).toMatchObject({ exitCode: 0, stdout: 'nothing to remove\n' });
    expect(await snapshot(lab, 'lb1')).toStrictEqual(theirs);
  });
}

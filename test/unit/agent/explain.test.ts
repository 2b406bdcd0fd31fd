import { expect, test } from 'vitest';
import { explainQuery } from '../../../src/agent/explain.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Explanation } from '../../../src/model/explain/explanation.ts';
import type { Status } from '../../../src/model/status.ts';
import { NO_LOAD, type Traffic } from '../../../src/model/traffic.ts';
import type { VirtualServerKey } from '../../../src/model/virtual-server.ts';
import { STATUS } from '../http/status.ts';
import { HTTP, service, slice, snapshot } from '../model/cluster.ts';

const { config } = parseConfig(
  `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23, "fd99:66::/112"]
bgp: { localAs: 64512, routerId: 10.22.108.100, peers: [{ address: 10.22.108.1, as: 64500 }] }
`,
  'lb-1',
);
if (config === undefined) throw new Error('expected a good configuration');

const SERVICES = [
  service(),
  service({ name: 'admin', ports: [{ ...HTTP, port: 8443 }] }),
  service({ namespace: 'default', name: 'web', clusterIPs: ['10.99.66.11'] }),
  service({ namespace: 'default', name: 'frontend', clusterIPs: ['fd99:66::11', '10.99.66.12'] }),
];
const SLICES = SERVICES.map(({ name, namespace }) => slice({ namespace, service: name, name: `${name}-x1` }));

let asked: readonly VirtualServerKey[] | undefined;

function explain(query: string, status: Partial<Status> = {}): Promise<Explanation> {
  asked = undefined;
  const traffic = (of: readonly VirtualServerKey[] = []): Promise<Traffic> => {
    asked = of;
    const virtualServers = Object.fromEntries(of.map((key) => [key, { ...NO_LOAD, realServers: [] }]));
    return Promise.resolve({ known: true, at: 0, total: NO_LOAD, virtualServers });
  };
  const kernel = {
    traffic,
    ensure: () => Promise.resolve([]),
    connections: () => Promise.reject(new Error('not asked for')),
    close: () => {},
  };
  const source = {
    snapshot: () => snapshot(SERVICES, SLICES),
    start: () => {},
    status: () => STATUS.source,
    stop: () => Promise.resolve(),
  };
  const ranges = { usable: config?.ranges ?? [], overlaps: [], nodeAddresses: new Set<string>() };
  if (config === undefined) throw new Error('expected a configuration');
  return explainQuery(query, { config, kernel, ranges, source }, { ...STATUS, ...status });
}

test.each([
  ['shop/web', 'shop/web', []],
  ['web', 'default/web', []],
  ['10.99.66.10:80', 'shop/web', ['shop/admin']],
  ['tcp/10.99.66.10:8443', 'shop/admin', ['shop/web']],
  ['udp/10.99.66.10:8443', 'shop/admin', ['shop/web']],
  ['10.99.66.12', 'default/frontend', []],
  ['[fd99:66::11]:80', 'default/frontend', []],
  ['fd99:66:0:0::11', 'default/frontend', []],
])('%s is %s', async (query, key, others) => {
  expect(await explain(query)).toMatchObject({ query, service: key, others });
});

test('the kernel is asked of its virtual servers and of no others', async () => {
  expect(await explain('frontend')).toMatchObject({ verdict: 'partly-served' });
  expect(asked).toStrictEqual(['tcp/[fd99:66::11]:80', 'tcp/10.99.66.12:80']);
});

test.each([
  ['shop/wbe', ['shop/web']],
  ['frontned', ['default/frontend']],
  ['other/web', ['default/web', 'shop/web']],
  ['admin', ['shop/admin']],
  ['nothing-of-the-kind', []],
])('%s is nobody, and may be one of %j', async (query, others) => {
  const found = await explain(query);
  expect(found).toMatchObject({ service: undefined, verdict: 'not-served', others });
  expect(found.why).toBe(
    `there is no Service ${query.includes('/') ? query : `default/${query}`} among the 2 that are known`,
  );
  expect(asked).toBeUndefined();
});

test('of an address that no Service has it is said where it lies', async () => {
  expect((await explain('10.99.66.99:80')).why).toBe('no Service has 10.99.66.99, which lies in 10.99.66.0/23');
  expect((await explain('[fd00::1]:80')).why).toBe('no Service has fd00::1, which lies in no range of this node');
  expect((await explain('10.99.66.0')).why).toMatch(/^10\.99\.66\.0 is that of the canary/);
});

test('one that could not be decoded is found with the reason, and before all was read nothing is claimed', async () => {
  const skipped = [{ object: 'Service shop/odd', reason: 'object-invalid', detail: 'x' }] as const;
  expect(await explain('shop/odd', { skipped })).toMatchObject({
    why: 'Service shop/odd cannot be understood',
    skipped,
  });
  const source = { ...STATUS.source, synced: false };
  expect((await explain('shop/wbe', { source })).why).toBe('the manifests have not been read completely yet');
});

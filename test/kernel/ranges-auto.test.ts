import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT } from '../../lab/machine/place.ts';
import type { LabProcess } from '../../lab/process.ts';
import { type ApiObject, endpointSlice, service } from '../scenario/api-objects.ts';
import { serviceCidr } from '../scenario/ranges-rig.ts';
import { expectToGoOn } from './held.ts';
import { eventually } from './patience.ts';
import { RANGE, Scene, UPLINK } from './scene.ts';
import { type Held, whoOf } from './traffic.ts';

const CONFIG = '/etc/fairlead/config.yaml';
const SECOND = '10.99.80.0/24';
const EXTRA = serviceCidr('extra', [SECOND]);
const COUNT = { address: '10.99.66.11', port: 80 };
const SHOP = { address: '10.99.80.9', port: 80 };

/** A Service of counting pods. */
const counting = (name: string, address: string): ApiObject[] => [
  service(name, address),
  { ...endpointSlice(name, ['10.1.0.101', '10.1.0.102']), ports: [{ name: 'http', protocol: 'TCP', port: 9000 }] },
];

let scene: Scene;
let api: LabProcess;
let held: Held;

const change = async (kind: 'put' | 'delete', ...objects: ApiObject[]): Promise<void> => {
  for (const object of objects) await api.write(JSON.stringify({ [kind]: object }));
};

/** An API server on the node, and an agent that has its ranges from there. */
async function followApi({ lab }: Scene): Promise<void> {
  const { promise: kubeconfig, resolve } = Promise.withResolvers<string>();
  const argv = ['node', '--single-threaded', `${CHECKOUT}/test/kernel/api-stand-in.ts`];
  api = await lab.spawn('lb1', argv, { onLine: (line) => line.startsWith('{') && resolve(line) });
  await change('put', serviceCidr('kubernetes', [RANGE]), ...counting('count', COUNT.address));
  await lab.writeFile('lb1', '/etc/fairlead/kubeconfig', await kubeconfig);
  const config = await lab.readFile('lb1', CONFIG);
  const source = config.replace(/manifests:\n.*\n/, 'kubernetes: { kubeconfig: /etc/fairlead/kubeconfig }\n');
  await lab.writeFile('lb1', CONFIG, source.replace(/^ranges: .*$/m, 'ranges: auto'));
  await lab.start('gobgp1');
  await lab.exec('tor', ['ip', 'route', 'replace', SECOND, 'via', UPLINK['lb1'] ?? '']);
}

/** All that the kernel of the node has of the second range. */
const traces = async (): Promise<string[]> => {
  const seen = await scene.sh(
    'lb1',
    'ip route show table all proto 66',
    'ipvsadm -Sn',
    'nft list ruleset || iptables-save',
  );
  return seen.split('\n').filter((line) => line.includes('10.99.80.'));
};
const gone = (): Promise<unknown> => eventually(async () => (await traces()).length === 0, 60_000);
const answers = async (target: typeof SHOP): Promise<string> => whoOf(await scene.client.ask(target));
const serves = (target: typeof SHOP): Promise<unknown> =>
  eventually(async () => (await answers(target)).startsWith('pod'), 60_000);

beforeAll(async () => {
  scene = await Scene.up({ before: followApi });
  await serves(COUNT);
  held = await scene.client.hold(COUNT);
}, 300_000);

afterAll(() => scene?.lab.down());

test('the first range is bound by the name of its ServiceCIDR, and nothing of another one is there', async () => {
  expect(await scene.status()).toMatchObject({ ranges: [RANGE], serviceCidrs: { objects: { kubernetes: [RANGE] } } });
  expect(await traces()).toStrictEqual([]);
});

test('one more is served like the first: its hosts are closed, its Services answer', { timeout: 120_000 }, async () => {
  await change('put', EXTRA, ...counting('shop', SHOP.address));
  await serves(SHOP);
  await scene.healthy();
  expect(
    (await scene.run('lb1', 'ip', 'route', 'show', 'table', 'local', 'proto', '66')).match(/^local \S+/gm),
  ).toEqual([`local ${RANGE}`, `local ${SECOND}`]);
  expect(await answers({ address: '10.99.80.77', port: 80 }), 'an address that nobody has').toBe('refused');
  await expectToGoOn(held);
});

test(
  'it goes: nothing is left of it in the kernel, and clients of the first one see nothing',
  { timeout: 120_000 },
  async () => {
    await change('delete', ...counting('shop', SHOP.address), EXTRA);
    await gone();
    await scene.healthy();
    await expectToGoOn(held);
    expect(await answers(COUNT)).toMatch(/^pod/);
  },
);

test('it goes while no agent is there: the next one lets go of it all the same', { timeout: 180_000 }, async () => {
  await change('put', EXTRA, ...counting('shop', SHOP.address));
  await serves(SHOP);
  await scene.restart('lb1', async () => {
    expect((await traces()).some((line) => line.includes('-A -t 10.99.80.9:80'))).toBe(true);
    await change('delete', ...counting('shop', SHOP.address), EXTRA);
    // With the file, the agent would take the range up once more before it hears that it is gone.
    await scene.run('lb1', 'rm', '/run/fairlead/ranges.json');
  });
  await gone();
  await expectToGoOn(held);
});

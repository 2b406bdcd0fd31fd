import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';

let directory = '';
const write = async (name: string, text: string) => {
  await writeFile(join(directory, name), text);
  return join(directory, name);
};
const GOOD = `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23]
bgp: {localAs: 64512, routerId: 10.22.108.100, peers: [{address: 10.22.108.1, as: 64500}]}
`;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-config-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('the node is $NODE_NAME, else the host name', async () => {
  const file = await write('good.yaml', GOOD);
  await expect(loadConfig(file, { NODE_NAME: 'lb-1' })).resolves.toMatchObject({ node: 'lb-1' });
  await expect(loadConfig(file, { NODE_NAME: '' })).resolves.toMatchObject({ node: hostname() });
  await expect(loadConfig(file, {})).resolves.toMatchObject({ node: hostname() });
});

test('the router id is $NODE_IP where the file has none, and an empty variable is none', async () => {
  const file = await write('shared.yaml', GOOD.replace('routerId: 10.22.108.100, ', ''));
  await expect(loadConfig(file, { NODE_IP: '10.22.108.101' })).resolves.toMatchObject({
    bgp: { routerId: '10.22.108.101' },
  });
  await expect(loadConfig(file, { NODE_IP: '' })).rejects.toMatchObject({ code: 'config-invalid' });
});

test('the namespace of the Leases is $POD_NAMESPACE where the file has none', async () => {
  const file = await write('namespace.yaml', GOOD);
  const named = await write('named.yaml', `${GOOD}cluster: { namespace: lb }\n`);
  const found = [
    await loadConfig(file, { POD_NAMESPACE: 'edge' }),
    await loadConfig(named, { POD_NAMESPACE: 'edge' }),
    await loadConfig(file, { POD_NAMESPACE: '' }),
    await loadConfig(file, { POD_NAMESPACE: 'no such name' }),
  ];
  expect(found.map(({ cluster }) => cluster.namespace)).toStrictEqual(['edge', 'lb', 'fairlead', 'fairlead']);
});

test('an invalid file is refused with a line for each problem', async () => {
  const file = await write('bad.yaml', GOOD.replace('64512', '0').replace('64500', '-1'));
  await expect(loadConfig(file, {})).rejects.toMatchObject({
    code: 'config-invalid',
    message: [
      `${file}:4:16 bgp.localAs: expected an AS number from 1 to 4294967294, found 0`,
      `${file}:4:79 bgp.peers[0].as: expected an AS number from 1 to 4294967294, found -1`,
    ].join('\n'),
  });
});

test('a file that cannot be read is refused with the cause', async () => {
  const error = { code: 'config-unreadable', cause: { code: 'ENOENT' } };
  await expect(loadConfig(join(directory, 'none.yaml'))).rejects.toMatchObject(error);
  await expect(loadConfig(directory)).rejects.toMatchObject({ code: 'config-unreadable', cause: { code: 'EISDIR' } });
});

import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig, loadConfigOrLastGood } from '../../../src/config/load.ts';

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

describe('a copy of the last good file', () => {
  let copy = '';
  const BAD = GOOD.replace('64512', '0');

  beforeEach(async () => {
    copy = join(await mkdtemp(join(directory, 'kept-')), 'run', 'config.last-good.yaml');
  });

  test('is kept for nobody else to read, in a folder that need not be there', async () => {
    const file = await write('first.yaml', GOOD);
    expect(await loadConfigOrLastGood(file, copy, {})).toStrictEqual({
      config: await loadConfig(file, {}),
      text: GOOD,
    });
    expect(await readFile(copy, 'utf8')).toBe(GOOD);
    expect((await stat(copy)).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['has a mistake', () => write('later.yaml', BAD), 'config-invalid'],
    ['is gone', () => Promise.resolve(join(directory, 'none.yaml')), 'config-unreadable'],
  ])('is what is used where the file %s, and stays as it is', async (_, later, code) => {
    const { config } = await loadConfigOrLastGood(await write('first.yaml', GOOD), copy, { NODE_NAME: 'lb-1' });
    const loaded = await loadConfigOrLastGood(await later(), copy, { NODE_NAME: 'lb-1' });
    expect(loaded).toMatchObject({ config, stale: { code } });
    expect(await readFile(copy, 'utf8')).toBe(GOOD);
  });

  test('is replaced by the next good file', async () => {
    const next = GOOD.replace('64512', '64513');
    await loadConfigOrLastGood(await write('first.yaml', GOOD), copy, {});
    await loadConfigOrLastGood(await write('next.yaml', next), copy, {});
    expect(await readFile(copy, 'utf8')).toBe(next);
  });

  test.each([
    ['there is none', () => Promise.resolve()],
    ['it is bad as well', () => mkdir(dirname(copy), { recursive: true }).then(() => writeFile(copy, 'kind: ['))],
  ])('changes nothing where %s: the file is refused', async (_, prepare) => {
    await prepare();
    await expect(loadConfigOrLastGood(await write('bad.yaml', BAD), copy, {})).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('bad.yaml:4:16 bgp.localAs'),
    });
  });

  test('that cannot be kept is told of, and the file is good all the same', async () => {
    const inTheWay = join(await write('a-file', ''), 'copy.yaml');
    const file = await write('first.yaml', GOOD);
    expect(await loadConfigOrLastGood(file, inTheWay, {})).toStrictEqual({
      config: await loadConfig(file, {}),
      text: GOOD,
      notKept: expect.stringContaining('a-file'),
    });
  });
});

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { Authority } from '../unit/bgp/certificates.ts';
import { type ApiIdentity, ApiServer } from './api-server.ts';
import { eventually, HostileRig } from './hostile-rig.ts';

let folder: string;
let good: ApiIdentity;
let bad: Readonly<Record<string, ApiIdentity>>;
let rig: HostileRig;

async function identity(authority: Authority, name: string, names: string, days?: number): Promise<ApiIdentity> {
  const { cert, key } = authority.issue(name, names, days);
  const [certText, keyText, ca] = await Promise.all([cert, key, authority.ca].map((file) => readFile(file)));
  if (!certText || !keyText || !ca) throw new Error('openssl has made no certificate');
  return { cert: certText, key: keyText, ca };
}

const HOST = 'IP:127.0.0.1';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-hostile-tls-'));
  const ours = new Authority(folder, 'ours');
  good = await identity(ours, 'good', HOST);
  bad = {
    expired: await identity(ours, 'expired', HOST, -1),
    foreign: await identity(new Authority(folder, 'foreign'), 'foreign', HOST),
    misnamed: await identity(ours, 'misnamed', 'DNS:elsewhere.example'),
    renewed: await identity(ours, 'renewed', HOST),
  };
});
afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  rig = await HostileRig.open({ server: new ApiServer('127.0.0.1', 0, good) });
  await rig.follow();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** From now on the server shows this certificate, also to those who were there before. */
function show(name: string): void {
  const shown = bad[name];
  if (shown) rig.server.show(shown);
  rig.server.reset();
}

test.each([
  ['expired', 'a certificate that has expired', /certificate has expired/],
  ['foreign', 'a certificate of another authority', /self-signed certificate|unable to verify|signature/],
  ['misnamed', 'a certificate for another name', /does not match certificate's altnames/],
])('%s: %s is named, nothing is lost, and all goes on with a good one', async (name, _title, named) => {
  show(name);
  rig.change('meanwhile');
  await eventually(() => expect(rig.source.status().problem).toMatch(named));
  expect(rig.source.status()).toMatchObject({ synced: true, services: 105 });
  rig.server.show(good);
  await rig.calm();
});

test('renewed: a certificate that was renewed changes nothing', async () => {
  show('renewed');
  rig.change('meanwhile');
  await rig.calm();
});

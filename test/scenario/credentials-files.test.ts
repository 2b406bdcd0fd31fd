import { copyFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Authority } from '../unit/bgp/certificates.ts';
import { CredentialsRig, secureContext } from './credentials-rig.ts';

let rig: CredentialsRig;

beforeEach(async () => (rig = await CredentialsRig.open()));
afterEach(async () => {
  vi.useRealTimers();
  await rig[Symbol.asyncDispose]();
});

/** As the service account of a pod: its token stands in a file, and kubelet writes another one now and then. */
const tokenFile = () => ({ 'auth-provider': { name: 'tokenFile', config: { tokenFile: rig.file('token') } } });

test('a token that has been rotated is taken at once where the old one is refused', async () => {
  await writeFile(rig.file('token'), 'old\n');
  await rig.user(tokenFile());
  expect(await rig.ask()).toBeUndefined();
  await writeFile(rig.file('token'), 'new\n');
  rig.known = ['new'];
  expect(await rig.ask()).toBe('Error: HTTP 401: answer 401');
  expect(await rig.ask()).toBeUndefined();
  expect(rig.asked).toStrictEqual(['old', 'old', 'new']);
});

test('a token that has been rotated is taken within a minute where nothing is refused', async () => {
  await writeFile(rig.file('token'), 'old');
  await rig.user(tokenFile());
  await rig.ask();
  await writeFile(rig.file('token'), 'new');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
  expect(await rig.ask()).toBeUndefined();
  expect(rig.asked).toStrictEqual(['old', 'new']);
});

test('an authority that has been rotated is trusted as soon as it stands in its file', async () => {
  await rig.user({ token: 'a' });
  expect(await rig.ask()).toBeUndefined();
  const other = new Authority(rig.directory, 'other');
  rig.server.setSecureContext(secureContext(other.issue('server', 'DNS:localhost')));
  rig.server.closeAllConnections();
  // The request in between may find its connection closed.
  await vi.waitFor(async () => expect(await rig.ask()).toContain('certificate'), { timeout: 20_000 });
  await copyFile(other.ca, rig.authority.ca);
  expect(await rig.ask()).toBeUndefined();
});

test('a client certificate that has been rotated is shown by the next request', async () => {
  const files = { 'client-certificate': rig.file('client.pem'), 'client-key': rig.file('client.key') };
  const show = async (name: string): Promise<void> => {
    const { cert, key } = rig.authority.issue(name, 'DNS:lb-1');
    await copyFile(cert, files['client-certificate']);
    await copyFile(key, files['client-key']);
  };
  await show('first');
  await rig.user(files);
  await rig.ask();
  await show('second');
  expect(await rig.ask()).toBeUndefined();
  expect(rig.asked).toStrictEqual(['first', 'second']);
});

import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CredentialsRig } from './credentials-rig.ts';

let rig: CredentialsRig;

beforeEach(async () => (rig = await CredentialsRig.open(2000)));
afterEach(() => rig[Symbol.asyncDispose]());

const soon = (ms: number): string => new Date(Date.now() + ms).toISOString();

test('a token of a plugin is used until it expires, by all requests at once, and then asked for again', async () => {
  await rig.user({ exec: await rig.plugin() });
  await rig.says({ token: 'first', expirationTimestamp: soon(3000) });
  expect(await Promise.all([rig.ask(), rig.ask(), rig.ask()])).toStrictEqual([undefined, undefined, undefined]);
  expect(await rig.runs()).toHaveLength(1);
  expect(JSON.parse((await rig.runs())[0] ?? '')).toStrictEqual({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false },
  });
  await rig.says({ token: 'second' });
  await vi.waitFor(
    async () => {
      await rig.ask();
      expect(rig.asked.at(-1)).toBe('second');
    },
    { timeout: 20_000, interval: 100 },
  );
  expect(await rig.runs()).toHaveLength(2);
});

test('a token that the server refuses is asked for again; what else goes wrong lets it be', async () => {
  await rig.user({ exec: await rig.plugin() });
  await rig.says({ token: 'first' });
  expect(await rig.ask()).toBeUndefined();
  rig.server.closeAllConnections();
  expect(await rig.ask(AbortSignal.abort())).toContain('abort');
  await vi.waitFor(async () => expect(await rig.ask()).toBeUndefined(), { timeout: 20_000 });
  expect(await rig.runs()).toHaveLength(1);
  rig.known = ['second'];
  await rig.says({ token: 'second' });
  expect(await rig.ask()).toContain('HTTP 401');
  expect(await rig.ask()).toBeUndefined();
  expect(await rig.runs()).toHaveLength(2);
});

test('a client certificate of a plugin is shown', async () => {
  const { cert, key } = rig.authority.issue('plugged', 'DNS:lb-1');
  await rig.user({ exec: { ...(await rig.plugin()), env: [{ name: 'PROFILE', value: 'a' }] } });
  await rig.says({
    clientCertificateData: await readFile(cert, 'utf8'),
    clientKeyData: await readFile(key, 'utf8'),
  });
  expect(await rig.ask()).toBeUndefined();
  expect(rig.asked).toStrictEqual(['plugged']);
});

test('a plugin that fails is named with what it says, without what it prints, and asked again', async () => {
  await rig.user({ exec: await rig.plugin('echo "token: hush"; echo "login expired" >&2; exit 3') });
  const failure = await rig.ask();
  expect(failure).toBe('Error: the exec plugin sh has failed: login expired');
  await rig.user({ exec: await rig.plugin() });
  await writeFile(rig.file('answer'), 'hush');
  expect(await rig.ask()).toBe('TypeError: expected an ExecCredential from the exec plugin, found something else');
  await rig.says({ token: 'a' });
  expect(await rig.ask()).toBeUndefined();
});

test('a plugin that hangs is ended, with all it has started; the loop turns, and an end need not wait for it', async () => {
  await rig.user({ exec: await rig.plugin(`sleep 1000 & echo $! > ${rig.file('pid')}; wait`) });
  const abort = new AbortController();
  const given = rig.ask(abort.signal);
  const waiting = rig.ask();
  let turns = 0;
  const turning = setInterval(() => void turns++, 10);
  await vi.waitFor(async () => expect(await rig.runs()).toHaveLength(1), { timeout: 20_000 });
  abort.abort();
  expect(await given).toContain('abort');
  expect(await waiting).toBe('Error: the exec plugin sh has failed: no answer within 2000 ms');
  clearInterval(turning);
  const started = Number(await readFile(rig.file('pid'), 'utf8'));
  await vi.waitFor(() => expect(() => process.kill(started, 0)).toThrow('ESRCH'), { timeout: 20_000 });
  expect(turns).toBeGreaterThan(10);
  await rig.user({ exec: await rig.plugin() });
  await rig.says({ token: 'a' });
  expect(await rig.ask()).toBeUndefined();
});

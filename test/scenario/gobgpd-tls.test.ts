import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connectGobgp } from '../../src/bgp/connect.ts';
import type { GobgpApi } from '../../src/bgp/gobgp.ts';
import type { TlsFiles } from '../../src/bgp/tls.ts';
import { RANGE } from '../unit/bgp/sample.ts';
import { Authority, type Pair } from '../unit/bgp/certificates.ts';
import type { GobgpdBinary } from './gobgpd-binary.ts';
import { BINARIES, eventually, failureOf, GLOBAL, isBefore, LOCAL } from './gobgp-trap-rig.ts';

let folder: string;
let ours: Authority;
let client: Pair;
let server: Pair;
let stranger: Pair;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-tls-'));
  ours = new Authority(folder, 'ours');
  server = ours.issue('gobgpd', 'DNS:gobgpd.example,IP:127.0.0.1');
  client = ours.issue('fairlead', 'DNS:fairlead.example');
  stranger = new Authority(folder, 'others').issue('fairlead', 'DNS:fairlead.example');
});
afterAll(() => rm(folder, { recursive: true }));

/** A port of loopback that nobody had a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

/** A gobgpd that speaks to whom our authority knows. */
function listen(binary: GobgpdBinary, target: string): void {
  const tls = ['--tls', '--tls-cert-file', server.cert, '--tls-key-file', server.key];
  const argv = [binary.file, '--api-hosts', target, ...flagsOf(binary), ...tls];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...argv], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
}

/** Before 3.13, gobgpd knows no authority for those who call it, and lets in everybody. */
const isMutual = (binary: GobgpdBinary): boolean => !isBefore(binary, '3.13');

const flagsOf = (binary: GobgpdBinary): string[] => [
  '--pprof-disable',
  ...(isBefore(binary, '3.36') ? [] : ['--metrics-path=']),
  ...(isMutual(binary) ? ['--tls-client-ca-file', ours.ca] : []),
];

function connect(target: string, part: Partial<TlsFiles> = {}): GobgpApi {
  const api = connectGobgp({ target, tls: { ca: ours.ca, ...client, serverName: 'gobgpd.example', ...part } });
  onTestFinished(() => api.close());
  return api;
}

describe.each(BINARIES)('gobgpd %s', (version, binary) => {
  test.each(['a unix socket', 'TCP'])('is driven over TLS on %s, each end by its certificate', async (kind) => {
    const target = kind === 'TCP' ? `127.0.0.1:${await freePort()}` : `unix://${folder}/${version}.sock`;
    listen(binary, target);
    const api = connect(target);
    await eventually(() => api.global());
    expect(api.version).toBe(binary.api);
    await api.startBgp(GLOBAL);
    await api.addPath(LOCAL);
    expect(await api.paths()).toMatchObject([{ prefix: RANGE }]);
    expect(await failureOf(connect(target, { serverName: 'other.example' }).global())).toMatchObject({
      hint: expect.stringContaining('bgp.tls.serverName'),
    });
    const plain = connectGobgp({ target });
    onTestFinished(() => plain.close());
    expect(await failureOf(plain.global())).toMatchObject({ hint: expect.stringContaining('wants TLS') });
    if (!isMutual(binary)) return;
    expect(await failureOf(connect(target, stranger).global())).toMatchObject({
      outcome: 'lost',
      message: expect.stringContaining('TLS: tlsv1 alert unknown ca'),
      hint: expect.stringContaining('--tls-client-ca-file'),
    });
  });
});

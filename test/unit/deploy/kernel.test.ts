import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { wantedSysctls } from '../../../src/dataplane/sysctl/want.ts';
import { FAMILIES } from '../../../src/model/address.ts';

const PROC = '/proc/sys/net';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-kernel-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The script of the container `kernel` in a manifest below deploy/kustomize, with a folder in the place of the kernel. */
function scriptOf(manifest: string): string {
  const { spec } = parse(readFileSync(join(CHECKOUT, 'deploy/kustomize', manifest), 'utf8')) as {
    spec: { template: { spec: { initContainers: [{ name: string; args: [string] }] } } };
  };
  const [{ args, name }] = spec.template.spec.initContainers;
  expect(name).toBe('kernel');
  expect(args[0]).toContain(PROC);
  return args[0].replaceAll(PROC, folder);
}

/** Runs it as the container does, on settings by their path below /proc/sys/net. Returns what is said and what they are then. */
function run(manifest: string, before: Readonly<Record<string, string>>, modprobe = 'exit 0') {
  const bin = join(folder, 'bin');
  writeProgram(join(bin, 'modprobe'), modprobe);
  for (const [file, value] of Object.entries(before)) write(join(folder, file), `${value}\n`);
  const said = execFileSync('/bin/sh', ['-ec', scriptOf(manifest)], {
    encoding: 'utf8',
    env: { PATH: `${bin}:/usr/bin:/bin` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const after = Object.keys(before).map((file) => [file, readFileSync(join(folder, file), 'utf8').trim()]);
  return { said, after: Object.fromEntries(after) as Record<string, string> };
}

function writeProgram(file: string, script: string): void {
  write(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** By their path below /proc/sys/net, all to a value, or each to the one that is wanted. */
const settings = (families: typeof FAMILIES, value?: string): Record<string, string> =>
  Object.fromEntries(wantedSysctls(families).map((one) => [one.key.replace(/^net\//, ''), value ?? one.value]));

const BASE = 'base/daemonset.yaml';
const DUAL = 'overlays/dual-stack/kernel.yaml';

test('the base sets what the agent wants of the kernel for IPv4, and nothing of IPv6', () => {
  const { after } = run(BASE, { ...settings(FAMILIES, '0') });
  expect(after).toStrictEqual({ ...settings(FAMILIES, '0'), ...settings(['ipv4']) });
});

test('dual-stack sets what the agent wants for both families', () => {
  const { after } = run(DUAL, { ...settings(FAMILIES, '0'), 'ipv6/conf/lo/accept_ra': '1' });
  expect(after).toStrictEqual({ ...settings(FAMILIES), 'ipv6/conf/lo/accept_ra': '1' });
});

describe('router advertisements', () => {
  const listening = {
    'ipv6/conf/all/accept_ra': '1',
    'ipv6/conf/default/accept_ra': '1',
    'ipv6/conf/eth0/accept_ra': '1',
    'ipv6/conf/eth1/accept_ra': '0',
    'ipv6/conf/lo/accept_ra': '1',
  };

  test('are heard on, where they were heard before the node forwards', () => {
    const { after } = run(DUAL, { ...settings(FAMILIES, '0'), ...listening });
    expect(after).toStrictEqual({ ...settings(FAMILIES), ...listening, 'ipv6/conf/eth0/accept_ra': '2' });
  });

  test('are left alone on a node that forwards already', () => {
    const { after } = run(DUAL, { ...settings(FAMILIES, '1'), ...listening });
    expect(after).toStrictEqual({ ...settings(FAMILIES), ...listening });
  });
});

test.each([BASE, DUAL])(
  '%s: modules that are built in are no reason to stop, a setting that is not there is',
  (manifest) => {
    const all = { ...settings(FAMILIES, '0'), 'ipv6/conf/lo/accept_ra': '0' };
    expect(run(manifest, all, 'exit 1').said).toBe('the modules may be built in\n');
    rmSync(join(folder, 'ipv4'), { recursive: true });
    expect(() => run(manifest, { 'ipv6/conf/all/forwarding': '0', 'ipv6/conf/lo/accept_ra': '0' })).toThrow(
      'ip_forward',
    );
  },
);

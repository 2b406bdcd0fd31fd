import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Finding } from '../../../../src/health/check.ts';
import { runOwnCheck } from '../../../../src/health/own/own.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-exec-'));
});
afterAll(() => rm(directory, { recursive: true }));

function run(argv: readonly [string, ...string[]], timeoutMs = 20_000, signal = new AbortController().signal) {
  const target = { kind: 'exec', argv } as const;
  return runOwnCheck({ name: 'x', target, effect: 'report', intervalMs: 1, timeoutMs, rise: 1, fall: 1 }, signal);
}
const sh = (script: string, ...rest: [number?, AbortSignal?]): Promise<Finding> => run(['sh', '-c', script], ...rest);

test.each([
  ['exit 0', { ok: true, detail: 'exit code 0' }],
  ['exit 1', { ok: false, detail: 'exit code 1' }],
  ['echo all is well; echo more', { ok: true, detail: 'exit code 0: all is well' }],
  ['echo no disk >&2; exit 2', { ok: false, detail: 'exit code 2: no disk' }],
  ['kill -9 $$', { ok: false, detail: 'ended by SIGKILL' }],
])('sh -c %j', async (script, finding) => {
  expect(await sh(script)).toEqual(finding);
});

test.each([
  ['that is not there', '/nonexistent/program', /ENOENT/],
  ['that may not be run', '/dev/null', /EACCES/],
])('a program %s is a broken check, and no bad outcome', async (_, file, why) => {
  expect(await run([file])).toEqual({ broken: expect.stringMatching(why) });
});

test('arguments come as they are, without a shell', async () => {
  const { detail } = (await run(['printf', '%s', '$HOME `id` "; exit 1'])) as { detail: string };
  expect(detail).toBe('exit code 0: $HOME `id` "; exit 1');
});

test('the environment holds what a program is found by, and no secret of the agent', async () => {
  vi.stubEnv('SECRET', 'x');
  try {
    const path = join(directory, 'environment');
    await sh(`env > ${path}; pwd >> ${path}`);
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    // A shell adds some of its own.
    expect(
      lines.map((line) => line.split('=')[0]).filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? '')),
    ).toEqual(expect.arrayContaining(['PATH', 'LC_ALL', '/']));
    expect(lines.join('\n')).not.toContain('SECRET');
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a program that says more than is kept comes to its end', async () => {
  const finding = await sh('head -c 1000000 /dev/zero | tr "\\\\0" x');
  expect(finding).toMatchObject({ ok: true });
  expect((finding as { detail: string }).detail.length).toBeLessThan(200);
});

/** Whether a process still lives; one that is dead and not yet waited for does not. */
function lives(pid: string): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** A script that starts a child which ignores SIGTERM, says its number and its own, and hangs with it. */
const hanging = (file: string): string =>
  `trap '' TERM; sleep 1000 & echo $$ $! > ${file}.new; mv ${file}.new ${file}; wait`;

const pidsIn = (file: string): Promise<string[]> =>
  vi.waitFor(() => {
    if (!existsSync(file)) throw new Error('the script has not come so far');
    return readFileSync(file, 'utf8').trim().split(' ');
  }, 20_000);

describe('a program that hangs', () => {
  test('is killed after its timeout with all that it started', async () => {
    const file = join(directory, 'hangs');
    const finding = sh(`echo begun; ${hanging(file)}`, 3000);
    const pids = await pidsIn(file);
    expect(pids.map(lives)).toEqual([true, true]);
    expect(await finding).toEqual({ ok: false, detail: 'killed: it took longer than 3000 ms: begun' });
    await vi.waitFor(() => expect(pids.map(lives)).toEqual([false, false]), 20_000);
  });

  test('is killed in the same way when the agent stops', async () => {
    const file = join(directory, 'stops');
    const end = new AbortController();
    const finding = sh(hanging(file), 60_000, end.signal);
    const pids = await pidsIn(file);
    end.abort();
    await finding;
    await vi.waitFor(() => expect(pids.map(lives)).toEqual([false, false]), 20_000);
  });

  test('does not hold the check up where only what it started hangs', async () => {
    // The child keeps the pipe open for writing.
    const file = join(directory, 'leaves');
    expect(await sh(`sleep 1000 & echo $! > ${file}`)).toMatchObject({ ok: true });
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL');
  });
});

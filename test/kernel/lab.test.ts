import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lab } from '../../lab/lab.ts';

const LAB = resolve(import.meta.dirname, '../../lab/lab.ts');

describe('a lab', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await Lab.up({ start: false });
  });
  afterAll(() => lab.down());

  it('has IPVS, and a table for each lb node', async () => {
    const add = await lab.exec('lb1', ['ipvsadm', '-A', '-t', '10.99.66.10:80']);
    expect(add).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await lab.exec('gobgp1', ['ipvsadm', '-Ln'])).stdout).toContain('10.99.66.10:80');
    expect((await lab.exec('lb2', ['ipvsadm', '-Ln'])).stdout).not.toContain('10.99.66.10:80');
  });

  it('has a switch that spreads by port and forwards', async () => {
    const { stdout } = await lab.exec('tor', [
      'sh',
      '-c',
      'cd /proc/sys/net; cat ipv[46]/fib_multipath_hash_policy ipv4/ip_forward ipv6/conf/all/forwarding',
    ]);
    expect(stdout).toBe('1\n1\n1\n1\n');
  });

  it('has the gobgpd that ships', async ({ skip }) => {
    skip(lab.gobgpd !== '4', 'gobgpd 4.x could not be fetched');
    for (const program of ['gobgpd', 'gobgp']) {
      const { stdout } = await lab.exec('gobgp1', [program, '--version']);
      expect(stdout).toMatch(/version 4\./);
    }
  });

  it('has addresses and links as the topology says', async () => {
    const { stdout } = await lab.exec('lb3', ['ip', '-br', 'addr']);
    expect(stdout).toMatch(/eth1@\S+ +UP +10\.0\.2\.14\/30 fd00:2:3::2\/64 /);
    expect(stdout).toMatch(/eth2@\S+ +UP +10\.1\.0\.13\/24 fd00:10::13\/64 /);
    const routes = await lab.exec('pod1', ['sh', '-c', 'ip -4 route show default; ip -6 route show default']);
    expect(routes.stdout).toBe('');
  });

  it('gives back exit code, stdout, stderr and signal', async () => {
    const [failing, killed] = await Promise.all([
      lab.exec('client', ['sh', '-c', 'cat; echo "$NAME" >&2; exit 7'], { input: 'in\n', env: { NAME: 'ünï😀' } }),
      lab.exec('client', ['sh', '-c', 'kill -9 $$']),
    ]);
    expect(failing).toMatchObject({ exitCode: 7, stdout: 'in\n', stderr: 'ünï😀\n' });
    expect(killed).toMatchObject({ signal: 'SIGKILL' });
  });

  it('carries large texts both ways', async () => {
    const input = 'fairlead 😀\n'.repeat(70_000);
    const { stdout } = await lab.exec('client', ['cat'], { input });
    expect(stdout === input).toBe(true);
  });

  it('kills a command that takes too long, with all that it started', async () => {
    const slow = lab.exec('client', ['sh', '-c', 'echo begun; sleep 987 | cat'], { timeoutMs: 700 });
    await expect(slow).rejects.toThrow(/client: `sh -c .*` was killed after 700 ms; it said: begun/);
    const { stdout } = await lab.exec('client', ['sh', '-c', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "']);
    expect(stdout).not.toContain('sleep 987');
  });

  it('runs a long-lived process that can be talked to', async () => {
    const lines: string[] = [];
    const process = await lab.spawn('client', ['sh', '-c', 'read word; echo "got $word"; exec sleep 100'], {
      onLine: (line) => lines.push(line),
    });
    await process.write('a line');
    await expect.poll(() => lines, { timeout: 5000 }).toEqual(['got a line']);
    await process.kill('SIGTERM');
    await expect(process.exited).resolves.toEqual({ signal: 'SIGTERM' });
  });

  it('starts, kills and starts again the process of a node, and keeps what it said', async () => {
    await lab.start('gobgp1');
    await expect(lab.start('gobgp1')).rejects.toThrow('running already');
    await expect.poll(() => lab.log('gobgp1'), { timeout: 10_000 }).toContain('gobgpd started');
    const exited = lab.exited('gobgp1');
    await lab.kill('gobgp1');
    await expect(exited).resolves.toEqual({ signal: 'SIGKILL' });
    expect(lab.running('gobgp1')).toBe(false);
    await lab.start('gobgp1');
    const started = async (): Promise<number> => (await lab.log('gobgp1')).split('gobgpd started').length - 1;
    await expect.poll(started, { timeout: 10_000 }).toBe(2);
  });

  it('shares a folder between an lb node and its sidecar, and no other /run', async () => {
    await lab.writeFile('lb2', '/run/gobgp/note', 'for gobgp2');
    expect(await lab.readFile('gobgp2', '/run/gobgp/note')).toBe('for gobgp2');
    await lab.writeFile('lb2', '/run/mine', '');
    await expect(lab.readFile('gobgp2', '/run/mine')).rejects.toThrow('ENOENT');
    expect(existsSync(resolve(LAB, '../lb2/run/note'))).toBe(false);
  });

  it('names what it has when asked for what it has not', async () => {
    await expect(lab.exec('lb9', ['true'])).rejects.toThrow('there is no node lb9; the lab has client, tor');
    await expect(lab.start('client')).rejects.toThrow('node client has no process of its own');
  });
});

describe('a lab with the gobgpd of Debian 12', () => {
  it('has it under the same name', async () => {
    const lab = await Lab.up({ nodes: ['lb1', 'gobgp1'], start: false, gobgpd: '3' });
    expect(lab.gobgpd).toBe('3');
    const { stdout } = await lab.exec('gobgp1', ['gobgpd', '--version']);
    await lab.down();
    expect(stdout).toMatch(/version 3\.10/);
  });
});

describe('the end of a lab', () => {
  it('fails what is under way, and says so', async () => {
    const lab = await Lab.up({ nodes: ['client'] });
    const underWay = lab.exec('client', ['sleep', '100']);
    const down = lab.down();
    await expect(underWay).rejects.toThrow(/the lab machine \(.*\) has ended/);
    await down;
    await expect(lab.exec('client', ['true'])).rejects.toThrow('has ended');
  });

  it.each([
    ['leaves nothing behind when its owner is killed', undefined],
    ['leaves nothing behind even where the machine hangs', 'SIGSTOP'],
  ] as const)('%s', async (_, before) => {
    const script = `const { Lab } = await import(${JSON.stringify(LAB)});
      const lab = await Lab.up({ nodes: ['client', 'pod1'] }); console.log(lab.pid);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [pid] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
    expect(isRunning(Number(pid))).toBe(true);
    if (before) process.kill(-Number(pid), before);
    owner.kill('SIGKILL');
    await expect.poll(() => groupOf(Number(pid)), { timeout: 8000 }).toEqual([]);
    await sleep(200);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith(`fairlead-lab-${owner.pid}-`))).toEqual([]);
  });
});

/** Whether there is such a process that has not ended; one that nobody has asked for its exit code does not count. */
const isRunning = (pid: number): boolean => stateOf(String(pid))?.running === true;

/** The process ids of all running processes of a process group. */
const groupOf = (group: number): string[] =>
  readdirSync('/proc').filter((name) => /^\d+$/.test(name) && stateOf(name)?.group === group && stateOf(name)?.running);

function stateOf(pid: string): { group: number; running: boolean } | undefined {
  try {
    const stat = readFileSync(join('/proc', pid, 'stat'), 'utf8');
    const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { group: Number(group), running: !['Z', 'X'].includes(state) };
  } catch {
    return undefined;
  }
}

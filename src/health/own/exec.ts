import { type ChildProcess, spawn } from 'node:child_process';
import { explain } from '../../model/error.ts';
import type { CheckTarget } from '../../model/own-check.ts';
import type { Finding } from '../check.ts';

/** As much of what a program says is kept, to show its first line. */
const KEPT_BYTES = 1024;
const SHOWN = 160;
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs a program in a process group of its own, which is killed whole when its time is over: what a shell script has
 * started would else pile up, run by run. It gets no input, and of the environment only PATH.
 */
export const runExec = (
  { argv: [file, ...args] }: CheckTarget & { kind: 'exec' },
  end: AbortSignal,
  timeoutMs: number,
): Promise<Finding> =>
  new Promise((resolve) => {
    const env = { PATH: process.env['PATH'] ?? DEFAULT_PATH, LC_ALL: 'C' };
    const child = start(file, args, env);
    if (!('process' in child)) return resolve(child);
    const said = keepOutput(child.process);
    const finish = (finding: Finding): void => {
      end.removeEventListener('abort', stop);
      for (const stream of [child.process.stdout, child.process.stderr]) stream?.destroy();
      resolve(finding);
    };
    const stop = (): void => {
      killGroup(child.process);
      finish({ ok: false, detail: `killed: it took longer than ${timeoutMs} ms${said()}` });
    };
    end.addEventListener('abort', stop);
    child.process.once('error', (error) => finish({ broken: explain(error) }));
    child.process.once('exit', (code, signal) => finish(judgeExit(code, signal, said())));
  });

/** Where there is no process to be had, spawn(2) says so by an error event or, out of descriptors, by throwing. */
function start(file: string, args: readonly string[], env: NodeJS.ProcessEnv): { process: ChildProcess } | Finding {
  try {
    return { process: spawn(file, args, { detached: true, cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] }) };
  } catch (error) {
    return { broken: explain(error) };
  }
}

/** Reads all there is, so that the program never waits for us, and keeps the beginning. */
function keepOutput({ stderr, stdout }: ChildProcess): () => string {
  let kept = '';
  for (const stream of [stdout, stderr])
    stream?.on('data', (chunk: Buffer) => {
      if (kept.length < KEPT_BYTES) kept += chunk.toString('utf8', 0, KEPT_BYTES - kept.length);
    });
  return () => {
    const line = kept.trim().split('\n')[0]?.slice(0, SHOWN) ?? '';
    return line === '' ? '' : `: ${line}`;
  };
}

function judgeExit(code: number | null, signal: NodeJS.Signals | null, said: string): Finding {
  return { ok: code === 0, detail: `${code === null ? `ended by ${signal}` : `exit code ${code}`}${said}` };
}

/** The leader has not been waited for, so that its number stands for no other group. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended by itself in this moment.
  }
}

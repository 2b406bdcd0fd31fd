import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Environment, ExecResult, Exit, Message } from './protocol.ts';

interface Command {
  readonly argv: readonly string[];
  readonly env: Environment;
}

type Send = (message: Message) => void;

const running = new Map<number, ChildProcess>();

/** Runs a command to its end. A command that takes longer than `timeoutMs` is killed with all it started. */
export function exec(command: Command & { input: string; timeoutMs: number }): Promise<ExecResult> {
  const child = launch(command, ['pipe', 'pipe', 'pipe']);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  // A command may end without having read its input; the broken pipe is no failure of ours.
  child.stdin?.on('error', () => undefined).end(command.input);
  return new Promise((settle, fail) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child, 'SIGKILL');
    }, command.timeoutMs);
    child.once('error', fail).once('close', (exitCode, signalName) => {
      clearTimeout(timer);
      settle({ ...exitOf(exitCode, signalName), stdout: stdout(), stderr: stderr(), timedOut });
    });
  });
}

/** Starts a process whose stdout and stderr go to the host line by line. */
export function spawnStreaming(id: number, command: Command, send: Send): Promise<void> {
  const child = launch(command, ['pipe', 'pipe', 'pipe']);
  child.stdin?.on('error', () => undefined);
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => send({ id, line }));
  }
  return follow(id, child, 'close', send);
}

/** Starts a process whose output is appended to a file. */
export function spawnLogged(id: number, command: Command & { log: string }, send: Send): Promise<void> {
  mkdirSync(dirname(command.log), { recursive: true });
  const file = openSync(command.log, 'a');
  const child = launch(command, ['ignore', file, file]);
  closeSync(file);
  return follow(id, child, 'exit', send);
}

/** Sends a signal to a spawned process; one that has ended already is left in peace. */
export function signal(id: number, name: string): void {
  running.get(id)?.kill(name as NodeJS.Signals);
}

export function writeInput(id: number, text: string): void {
  const stdin = running.get(id)?.stdin;
  if (!stdin) throw new Error('the process has ended');
  stdin.write(text);
}

/** Every process leads a group of its own, so that what it leaves behind can be ended with it. */
function launch({ argv, env }: Command, stdio: ('pipe' | 'ignore' | number)[]): ChildProcess {
  const [file = '', ...args] = argv;
  return spawn(file, args, { stdio, detached: true, env: { ...process.env, ...env } });
}

function follow(id: number, child: ChildProcess, end: 'exit' | 'close', send: Send): Promise<void> {
  running.set(id, child);
  return new Promise((settle, fail) => {
    child.once('spawn', settle).once('error', fail);
    // The end of the first process is the end of a container: what else runs in its group goes with it.
    child.once('exit', () => killGroup(child, 'SIGKILL'));
    child.once(end, (exitCode: number | null, signalName: string | null) => {
      running.delete(id);
      send({ id, exit: exitOf(exitCode, signalName) });
    });
  });
}

function killGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is gone already.
  }
}

function collect(stream: ChildProcess['stdout']): () => string {
  const chunks: string[] = [];
  stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  return () => chunks.join('');
}

const exitOf = (exitCode: number | null, signalName: string | null): Exit => ({
  exitCode: exitCode ?? undefined,
  signal: signalName ?? undefined,
});

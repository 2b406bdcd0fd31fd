import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { LabError } from '../error.ts';
import type { Ready } from '../guest/protocol.ts';
import { Channel } from './channel.ts';
import { chooseKind, type Kind, lookAtHost } from './kind.ts';
import { nativeInvocation } from './native.ts';
import { preparePayload } from './payload.ts';
import { CHECKOUT } from './place.ts';
import { QEMU_CHANNEL, qemuInvocation } from './qemu.ts';
import { UML_CHANNEL, umlInvocation } from './uml.ts';

/** How to start a machine: its console comes out of stdout and stderr, its channel is fd 3 to read and fd 4 to write. */
export interface Invocation {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Whether fd 3 is for both directions. */
  readonly duplex: boolean;
  /** What it keeps in the temporary directory, and leaves there when it is killed. */
  readonly folder: string | undefined;
}

/** A running lab machine. */
export interface Machine {
  readonly kind: Kind;
  readonly guest: Ready;
  readonly channel: Channel;
  /** The process on the host that is the machine, and leads its process group. */
  readonly pid: number;
  /** Resolves once the machine is gone. */
  readonly ended: Promise<void>;
  /** Ends it and waits until nothing of it is left. */
  stop(): Promise<void>;
}

const BOOT_TIMEOUT_MS = 90_000;

/**
 * Starts a lab machine and waits until it answers.
 * @param gobgpds the folder with the gobgpd and gobgp to run in it; without, the ones that are in its root
 * @throws {LabError} when no kind can run here or it does not come up; the message ends with the console's last lines
 */
export async function startMachine(
  gobgpds: string | undefined,
  kind: Kind = chooseKind(process.env['FAIRLEAD_LAB'], lookAtHost()),
): Promise<Machine> {
  checkPlace();
  const { argv, env, duplex, folder } = await invocation(kind, gobgpds);
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
    env: { ...process.env, ...env },
  });
  // Lines to a killed machine break in ways that tell nothing new.
  for (const stream of child.stdio) stream?.on('error', () => undefined);
  const watcher = watch(child, folder);
  const lastLines = keepLastLines(child);
  const channel = new Channel(child.stdio[3] as Duplex, child.stdio[duplex ? 3 : 4] as Duplex);
  const ended = new Promise<void>((settle) => {
    child.once('error', (error) => channel.close(new LabError(`${file} cannot be started: ${error.message}`)));
    child.once('close', () => {
      killGroup(child);
      watcher.kill('SIGKILL');
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      channel.close(new LabError(`the lab machine (${kind}) has ended${lastLines()}`));
      settle();
    });
  });
  const stop = (): Promise<void> => {
    killGroup(child);
    return ended;
  };
  const guest = await readyInTime(channel, stop);
  return { kind, guest, channel, pid: child.pid ?? 0, ended, stop };
}

/** The path goes through the options of mount and a kernel's command line, and init.sh lays the packages over /usr. */
function checkPlace(): void {
  if (!/[^\w./@+-]/.test(CHECKOUT) && !CHECKOUT.startsWith('/usr/')) return;
  throw new LabError(
    `the checkout must lie outside of /usr, at a path without spaces, colons and the like, found ${CHECKOUT}`,
  );
}

async function invocation(kind: Kind, gobgpds: string | undefined): Promise<Invocation> {
  switch (kind) {
    case 'native':
      return nativeInvocation(await preparePayload({ kind, channel: 'fd 3', gobgpds }));
    case 'uml':
      return umlInvocation(await preparePayload({ kind, channel: UML_CHANNEL, gobgpds }));
    case 'qemu':
      return qemuInvocation(await preparePayload({ kind, channel: QEMU_CHANNEL, gobgpds }));
  }
}

async function readyInTime(channel: Channel, stop: () => Promise<void>): Promise<Ready> {
  const timer = setTimeout(() => void stop(), BOOT_TIMEOUT_MS);
  try {
    return await channel.ready;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Starts what ends the machine should this process be killed. The guest ends by itself when its channel does; this
 * also ends a kernel that hangs, and the folder.
 */
function watch({ pid }: ChildProcess, folder: string | undefined): ChildProcess {
  const script = join(CHECKOUT, 'lab/machine/watch.sh');
  const watcher = spawn('/bin/sh', [script, String(pid), folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.on('error', () => undefined);
  return watcher;
}

/** A kernel killed alone would leave helper processes behind; they are in its process group. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended already.
  }
}

const KEPT_CHARACTERS = 4000;

function keepLastLines(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(-KEPT_CHARACTERS)));
  }
  return () => (text.trim() === '' ? '' : `; its console's last lines:\n${text.trim()}`);
}

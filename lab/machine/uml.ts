import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Invocation } from './machine.ts';
import { CHECKOUT, findFile } from './place.ts';

const MEMORY_MB = 2048;
const PREFIX = 'fairlead-lab-';
/** Where the kernel looks for its second console, which is the channel. */
export const UML_CHANNEL = '/dev/tty1';

/**
 * How to start a User Mode Linux kernel, whose console goes to stdout and whose channel is
 * fd 3 to read and fd 4 to write. It keeps a small
 * folder in the temporary directory while it runs, and takes it away itself when it ends in an orderly way: that is
 * also when its owner is gone and the channel with it.
 */
export function umlInvocation(payload: string): Invocation {
  sweepStale();
  const id = `${PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`;
  const argv = [
    // Mostly the end of the channel ends an orphan; this also ends one whose guest does not read any more.
    'setpriv',
    '--pdeathsig=TERM',
    findFile('usr/bin/linux.uml') ?? 'linux.uml',
    `mem=${MEMORY_MB}M`,
    `umid=${id}`,
    `uml_dir=${tmpdir()}/`,
    'rootfstype=hostfs',
    'rootflags=/',
    'ro',
    `init=${join(CHECKOUT, 'lab/guest/init.sh')}`,
    `LAB=${payload}`,
    // The first console is for what goes wrong, the second is the channel.
    'con=null',
    'con0=null,fd:1',
    'con1=fd:3,fd:4',
    'quiet',
    'loglevel=1',
    // A kernel that panics ends at once.
    'panic=-1',
    'noreboot',
  ];
  const cleanUp = (): void => rmSync(join(tmpdir(), id), { recursive: true, force: true });
  return { argv, env: memoryPlace(), duplex: false, cleanUp };
}

/** The kernel's memory is a file in /dev/shm; where that is small or not executable (docker), the disk has to do. */
function memoryPlace(): Record<string, string> {
  const { bavail, bsize } = statfsSync('/dev/shm');
  const executable = !/ \/dev\/shm \S+ \S*\bnoexec\b/.test(readFileSync('/proc/mounts', 'utf8'));
  const place = executable && bavail * bsize >= MEMORY_MB * 2 ** 20 ? '/dev/shm' : tmpdir();
  return { TMPDIR: place };
}

/** Takes away what kernels left that were killed together with their owners. */
function sweepStale(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = join(tmpdir(), name);
    if (!isAlive(Number(name.split('-')[2])) && !isAlive(pidIn(folder)))
      rmSync(folder, { recursive: true, force: true });
  }
}

function pidIn(folder: string): number {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8'));
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

import { randomBytes } from 'node:crypto';
import { readFileSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Invocation } from './machine.ts';
import { CHECKOUT, findFile } from './place.ts';

const MEMORY_MB = 2048;
/** Where the kernel looks for its second console, which is the channel. */
export const UML_CHANNEL = '/dev/tty1';

/**
 * How to start a User Mode Linux kernel, whose console goes to stdout and whose channel is fd 3 to read and fd 4 to
 * write. It keeps a small folder in the temporary directory while it runs.
 */
export function umlInvocation(payload: string): Invocation {
  const id = `fairlead-lab-${process.pid}-${randomBytes(4).toString('hex')}`;
  const argv = [
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
  return { argv, env: memoryPlace(), duplex: false, folder: join(tmpdir(), id) };
}

/** The kernel's memory is a file in /dev/shm; where that is small or not executable (docker), the disk has to do. */
function memoryPlace(): Record<string, string> {
  const { bavail, bsize } = statfsSync('/dev/shm');
  const executable = !/ \/dev\/shm \S+ \S*\bnoexec\b/.test(readFileSync('/proc/mounts', 'utf8'));
  const place = executable && bavail * bsize >= MEMORY_MB * 2 ** 20 ? '/dev/shm' : tmpdir();
  return { TMPDIR: place };
}

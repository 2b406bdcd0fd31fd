import { join } from 'node:path';
import { LabError } from '../error.ts';
import { findKernel, makeInitramfs } from './initramfs.ts';
import type { Invocation } from './machine.ts';
import { CHECKOUT, findFile, LAB_ROOT, libraryPath } from './place.ts';

const MEMORY_MB = 2048;
/** The machine's virtio console, which is the channel. */
export const QEMU_CHANNEL = '/dev/hvc0';

/**
 * How to start Debian's own kernel under QEMU, without hardware support: three times slower to boot than User Mode
 * Linux, but with all that kernel's features. Its console goes to stdout; its channel is fd 3, in both directions.
 */
export function qemuInvocation(payload: string): Invocation {
  const kernel = findKernel();
  if (!kernel) throw new LabError('no Debian kernel with modules below .cache/root or in /boot');
  const settings = ['console=ttyS0', 'quiet', 'panic=-1', 'mitigations=off'];
  const init = [`LAB=${payload}`, `LAB_INIT=${join(CHECKOUT, 'lab/guest/init.sh')}`];
  const options = [
    ['-accel', 'tcg,thread=multi'],
    ['-cpu', 'max'],
    ['-smp', '2'],
    ['-m', String(MEMORY_MB)],
    ['-nodefaults'],
    ['-no-user-config'],
    ['-no-reboot'],
    ['-display', 'none'],
    ['-serial', 'stdio'],
    ['-L', join(LAB_ROOT, 'usr/share/qemu')],
    ['-L', join(LAB_ROOT, 'usr/share/seabios')],
    ['-kernel', kernel.image],
    ['-initrd', makeInitramfs(kernel)],
    ['-append', [...settings, ...init].join(' ')],
    ['-virtfs', 'local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap'],
    ['-device', 'virtio-serial-pci'],
    ['-chardev', 'socket,id=channel,fd=3'],
    ['-device', 'virtconsole,chardev=channel'],
  ];
  return {
    argv: [findFile('usr/bin/qemu-system-x86_64') ?? 'qemu-system-x86_64', ...options.flat()],
    env: { LD_LIBRARY_PATH: libraryPath() },
    duplex: true,
    folder: undefined,
  };
}

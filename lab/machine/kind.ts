import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { LabError } from '../error.ts';
import { findKernel } from './initramfs.ts';
import { findFile } from './place.ts';

/** What a lab machine runs on: the kernel of the host, a User Mode Linux kernel, or Debian's kernel under QEMU. */
export type Kind = 'native' | 'uml' | 'qemu';

/** What decides between the kinds. */
export interface Host {
  readonly root: boolean;
  /** Whether the kernel of the host has IPVS, loaded or loadable. */
  readonly ipvs: boolean;
  readonly uml: boolean;
  readonly qemu: boolean;
}

/**
 * The kind of machine to use: the one wished for, else the first that this host can run, the fastest first.
 * @param wish the value of FAIRLEAD_LAB, if it is set
 * @throws {LabError} when there is none, or the one wished for cannot run; the message says what is missing
 */
export function chooseKind(wish: string | undefined, host: Host): Kind {
  const obstacles: Record<Kind, string | undefined> = {
    native: nativeObstacle(host),
    uml: host.uml ? undefined : 'linux.uml of the package user-mode-linux is missing',
    qemu: host.qemu ? undefined : 'qemu-system-x86_64 or a Debian kernel is missing',
  };
  if (wish !== undefined && wish !== '') return wished(wish, obstacles);
  const found = (['native', 'uml', 'qemu'] as const).find((kind) => obstacles[kind] === undefined);
  if (found) return found;
  const list = Object.entries(obstacles).map(([kind, obstacle]) => `${kind}: ${obstacle}`);
  throw new LabError(`no way to run a lab machine here (${list.join('; ')}); \`npm run lab\` fetches what is missing`);
}

function wished(wish: string, obstacles: Record<Kind, string | undefined>): Kind {
  if (!isKind(wish)) throw new LabError(`FAIRLEAD_LAB: expected native, uml or qemu, found ${JSON.stringify(wish)}`);
  if (obstacles[wish] !== undefined) throw new LabError(`FAIRLEAD_LAB=${wish} cannot run here: ${obstacles[wish]}`);
  return wish;
}

const isKind = (text: string): text is Kind => ['native', 'uml', 'qemu'].includes(text);

function nativeObstacle({ root, ipvs }: Host): string | undefined {
  if (!root) return 'it needs root';
  return ipvs ? undefined : 'the kernel of this machine has no ip_vs (`modprobe ip_vs xt_ipvs` fails)';
}

/** Looks at this host. Loads ip_vs, where it is there to be loaded. */
export function lookAtHost(): Host {
  const root = process.getuid?.() === 0;
  if (root && !existsSync('/proc/net/ip_vs')) spawnSync('modprobe', ['-qa', 'ip_vs', 'xt_ipvs'], { stdio: 'ignore' });
  return {
    root,
    ipvs: existsSync('/proc/net/ip_vs'),
    uml: findFile('usr/bin/linux.uml') !== undefined,
    qemu: findFile('usr/bin/qemu-system-x86_64') !== undefined && findKernel() !== undefined,
  };
}

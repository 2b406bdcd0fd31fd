import { expect, test } from 'vitest';
import { runtimeDefault } from '../../kernel/image/seccomp.ts';

const ALLOW = 0x7fff_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;
const KILL = 0x8000_0000;
const X86_64 = 0xc000_003e;

/** Runs a filter as the kernel does (net/core/filter.c), as far as its four instructions go. */
function judge(filter: Buffer, number: number, first = 0, arch = X86_64): number {
  const data = new Map([
    [0, number],
    [4, arch],
    [16, first],
  ]);
  let word = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const code = filter.readUInt16LE(at);
    const value = filter.readUInt32LE(at + 4);
    if (code === 0x06) return value;
    if (code === 0x20) word = data.get(value) ?? Number.NaN;
    else {
      const holds = code === 0x15 ? word === value : (word & value) !== 0;
      at += filter.readUInt8(at + (holds ? 2 : 3)) * 8;
    }
  }
  throw new Error('the filter has no end');
}

const UNSHARE = 272;
const SETNS = 308;
const MOUNT = 165;
const KEYCTL = 250;
const IO_URING_SETUP = 425;
const CLONE = 56;
const CLONE3 = 435;

test.each([
  ['unshare', UNSHARE, 0, ALLOW, EPERM],
  ['setns', SETNS, 0, ALLOW, EPERM],
  ['mount', MOUNT, 0, ALLOW, EPERM],
  ['keyctl', KEYCTL, 0, EPERM, EPERM],
  ['io_uring_setup', IO_URING_SETUP, 0, EPERM, EPERM],
  ['set_mempolicy_home_node, the last of the list', 450, 0, EPERM, EPERM],
  ['clone of a thread', CLONE, 0x3d_0f00, ALLOW, ALLOW],
  ['clone into a network namespace', CLONE, 0x4000_0000, ALLOW, EPERM],
  ['clone3', CLONE3, 0, ALLOW, ENOSYS],
  ['socket of netlink', 41, 16, ALLOW, ALLOW],
  ['socket to the hypervisor', 41, 40, EPERM, EPERM],
  ['personality of Linux', 135, 0, ALLOW, ALLOW],
  ['the question for the personality', 135, 0xffff_ffff, ALLOW, ALLOW],
  ['a personality without randomised addresses', 135, 0x4_0000, EPERM, EPERM],
  ['read', 0, 0, ALLOW, ALLOW],
  ['execve', 59, 0, ALLOW, ALLOW],
])('%s', (_, number, first, withAdmin, without) => {
  expect(judge(runtimeDefault(true), number, first)).toBe(withAdmin);
  expect(judge(runtimeDefault(false), number, first)).toBe(without);
});

test('a call by the numbers of another architecture ends the process', () => {
  expect(judge(runtimeDefault(true), 0, 0, 0x4000_0003)).toBe(KILL);
});

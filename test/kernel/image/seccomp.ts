/**
 * What containerd's default seccomp profile refuses (contrib/seccomp/seccomp_default.go), as a filter for x86_64. The
 * profile is a list of what is allowed; this is the rest of the calls that Linux 6.1 has. Numbers are those of
 * arch/x86/entry/syscalls/syscall_64.tbl.
 */
const REFUSED: Readonly<Record<string, number>> = {
  uselib: 134,
  ustat: 136,
  sysfs: 139,
  vhangup: 153,
  pivot_root: 155,
  _sysctl: 156,
  chroot: 161,
  acct: 163,
  settimeofday: 164,
  swapon: 167,
  swapoff: 168,
  reboot: 169,
  iopl: 172,
  ioperm: 173,
  create_module: 174,
  init_module: 175,
  delete_module: 176,
  get_kernel_syms: 177,
  query_module: 178,
  nfsservctl: 180,
  getpmsg: 181,
  putpmsg: 182,
  afs_syscall: 183,
  tuxcall: 184,
  security: 185,
  clock_settime: 227,
  vserver: 236,
  mbind: 237,
  set_mempolicy: 238,
  get_mempolicy: 239,
  kexec_load: 246,
  add_key: 248,
  request_key: 249,
  keyctl: 250,
  migrate_pages: 256,
  move_pages: 279,
  open_by_handle_at: 304,
  process_vm_readv: 310,
  process_vm_writev: 311,
  kcmp: 312,
  finit_module: 313,
  kexec_file_load: 320,
  userfaultfd: 323,
  io_uring_setup: 425,
  io_uring_enter: 426,
  io_uring_register: 427,
  pidfd_getfd: 438,
  process_madvise: 440,
  set_mempolicy_home_node: 450,
};

/** Allowed with CAP_SYS_ADMIN alone. */
const REFUSED_WITHOUT_ADMIN: Readonly<Record<string, number>> = {
  syslog: 103,
  mount: 165,
  umount2: 166,
  sethostname: 170,
  setdomainname: 171,
  quotactl: 179,
  lookup_dcookie: 212,
  unshare: 272,
  perf_event_open: 298,
  fanotify_init: 300,
  setns: 308,
  bpf: 321,
  open_tree: 428,
  move_mount: 429,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
  fspick: 433,
  mount_setattr: 442,
  quotactl_fd: 443,
};

const SOCKET = 41;
const AF_VSOCK = 40;
const CLONE = 56;
const PERSONALITY = 135;
/** Linux, its old way to lay out memory, both with 32 bits of release, and the question which one is set. */
const PERSONALITIES = [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff];
const CLONE3 = 435;
/** The flags of clone(2) that make namespaces. */
const CLONE_NEW = 0x7e02_0000;

/** include/uapi/linux/bpf_common.h, linux/seccomp.h and linux/audit.h */
const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;
const KILL_PROCESS = 0x8000_0000;
const NUMBER_OFFSET = 0;
const ARCH_OFFSET = 4;
const FIRST_ARGUMENT_OFFSET = 16;
const ARCH_X86_64 = 0xc000_003e;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/** The filter as an array of struct sock_filter. `admin` says whether the container has CAP_SYS_ADMIN. */
export function runtimeDefault(admin: boolean): Buffer {
  const numbers = [...Object.values(REFUSED), ...(admin ? [] : Object.values(REFUSED_WITHOUT_ADMIN))];
  return encode([
    [LOAD_WORD, 0, 0, ARCH_OFFSET],
    ...whenNot(ARCH_X86_64, KILL_PROCESS),
    [LOAD_WORD, 0, 0, NUMBER_OFFSET],
    ...numbers.flatMap((number) => whenIs(number, [[RETURN, 0, 0, EPERM]])),
    ...whenIs(SOCKET, firstArgument(whenIs(AF_VSOCK, [[RETURN, 0, 0, EPERM]]), ALLOW)),
    ...whenIs(
      PERSONALITY,
      firstArgument(
        PERSONALITIES.flatMap((one) => whenIs(one, [[RETURN, 0, 0, ALLOW]])),
        EPERM,
      ),
    ),
    ...(admin ? [] : withoutNamespaces()),
    [RETURN, 0, 0, ALLOW],
  ]);
}

/** What clone3 is asked for lies in memory, which a filter cannot see: so it is not there, and libc takes clone. */
const withoutNamespaces = (): readonly Instruction[] => [
  ...whenIs(CLONE3, [[RETURN, 0, 0, ENOSYS]]),
  ...whenIs(
    CLONE,
    firstArgument(
      [
        [JUMP_IF_ANY_BIT, 0, 1, CLONE_NEW],
        [RETURN, 0, 0, EPERM],
      ],
      ALLOW,
    ),
  ),
];

const whenIs = (value: number, then: readonly Instruction[]): readonly Instruction[] => [
  [JUMP_IF_EQUAL, 0, then.length, value],
  ...then,
];

const whenNot = (value: number, answer: number): readonly Instruction[] => [
  [JUMP_IF_EQUAL, 1, 0, value],
  [RETURN, 0, 0, answer],
];

const firstArgument = (judge: readonly Instruction[], otherwise: number): readonly Instruction[] => [
  [LOAD_WORD, 0, 0, FIRST_ARGUMENT_OFFSET],
  ...judge,
  [RETURN, 0, 0, otherwise],
];

function encode(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  for (const [index, [code, ifTrue, ifFalse, value]] of instructions.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  }
  return bytes;
}

/**
 * A program for the image's own Node: sets a filter, given in base64, for itself, and becomes the command behind it. No
 * tool of Debian 12 does. Needs no_new_privs.
 */
export const CONFINE = `
const koffi = require('/opt/fairlead/node_modules/koffi');
const libc = koffi.load(null);
koffi.struct('fprog', { length: 'uint16_t', filter: 'void *' });
const prctl = libc.func('int prctl(int, unsigned long, fprog *)');
const fcntl = libc.func('int fcntl(int, int, int)');
const execvp = libc.func('int execvp(str, const char **)');
const [filter, ...argv] = process.argv.slice(1);
const bytes = Buffer.from(filter, 'base64');
if (prctl(22, 2, { length: bytes.length / 8, filter: bytes }) !== 0) throw new Error('prctl: errno ' + koffi.errno());
for (const fd of [0, 1, 2]) fcntl(fd, 2, 0); // Node has set FD_CLOEXEC
execvp('env', ['env', '--default-signal', ...argv, null]); // and ignores SIGPIPE
throw new Error(argv[0] + ': errno ' + koffi.errno());
`;

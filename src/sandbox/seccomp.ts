/**
 * The filter of system calls that a run gets: a program of classic BPF over `struct seccomp_data`, as seccomp(2) and the
 * kernel's Documentation/userspace-api/seccomp_filter.rst define it. One instruction is `struct sock_filter` of
 * linux/filter.h: code (16 bits), jump if true, jump if false (8 each), operand (32), in the machine's byte order, which is
 * little-endian on both machines that Hearth is built for. Numbers: asm/unistd_64.h (x64), asm-generic/unistd.h (arm64).
 */
export function seccompFilter(arch: NodeJS.Architecture): Uint8Array | undefined {
  const machine = MACHINES[arch]
  if (!machine) return undefined
  const program = [
    load(ARCH),
    ...unless(machine.audit, [refuse(EPERM)]), // a 32-bit call on a 64-bit machine has other numbers
    load(NUMBER),
    ...(arch === 'x64' ? when(JGE, X32_BIT, [refuse(EPERM)]) : []),
    ...Object.values(DENIED).flatMap((numbers) => deny(numbers[machine.column], EPERM)),
    ...Object.values(ABSENT).flatMap((numbers) => deny(numbers[machine.column], ENOSYS)),
    ...when(JEQ, machine.clone, [load(ARGUMENT_0), ...when(JSET, NEW_NAMESPACES, [refuse(EPERM)]), ALLOW]),
    ...when(JEQ, machine.ioctl, [load(ARGUMENT_1), ...TTY_TRICKS.flatMap((k) => when(JEQ, k, [refuse(EPERM)])), ALLOW]),
    ...when(JEQ, machine.socket, [
      load(ARGUMENT_0),
      ...FAMILIES.flatMap((family) => when(JEQ, family, [ALLOW])),
      refuse(EAFNOSUPPORT),
    ]),
    ALLOW,
  ]
  return Buffer.concat(program)
}

/** Calls that reach for other processes, other namespaces or the machine itself: [x64, arm64], null where there is none. */
const DENIED: Readonly<Record<string, readonly [number | null, number | null]>> = {
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  unshare: [272, 97],
  setns: [308, 268],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  acct: [163, 89],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  syslog: [103, 116],
  vhangup: [153, 58],
  lookup_dcookie: [212, 18],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  uselib: [134, null],
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  shmget: [29, 194], // memory that is counted to no process, as all of System V's: POSIX's lies in /dev/shm, which has a size
  msgget: [68, 186],
  semget: [64, 190],
}

/** Calls without which libraries have another way, if they are told that the kernel has none: [x64, arm64]. */
const ABSENT: Readonly<Record<string, readonly [number, number]>> = {
  clone3: [435, 435], // its flags lie in memory, where a filter can't look: C libraries fall back to clone
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  memfd_create: [319, 279], // memory that is counted to no process
  memfd_secret: [447, 447],
}

interface Machine {
  /** AUDIT_ARCH_* of linux/audit.h. */
  audit: number
  column: 0 | 1
  clone: number
  ioctl: number
  socket: number
}

const MACHINES: Partial<Record<NodeJS.Architecture, Machine>> = {
  x64: { audit: 0xc000003e, column: 0, clone: 56, ioctl: 16, socket: 41 },
  arm64: { audit: 0xc00000b7, column: 1, clone: 220, ioctl: 29, socket: 198 },
}

const X32_BIT = 0x40000000
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET of linux/sched.h. */
const NEW_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
/** TIOCSTI and TIOCLINUX, which type into a terminal. */
const TTY_TRICKS = [0x5412, 0x541c]
/** AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK: those that end at the network namespace, as AF_VSOCK does not. */
const FAMILIES = [1, 2, 10, 16]

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97

// Offsets in struct seccomp_data; of an argument the lower half.
const NUMBER = 0
const ARCH = 4
const ARGUMENT_0 = 16
const ARGUMENT_1 = 24

// BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_K with each comparison, BPF_RET | BPF_K.
const LD = 0x20
const JEQ = 0x15
const JGE = 0x35
const JSET = 0x45
const RET = 0x06
const RETURN_ALLOW = 0x7fff0000
const RETURN_ERRNO = 0x00050000

const ALLOW = instruction(RET, RETURN_ALLOW)

function load(offset: number): Buffer {
  return instruction(LD, offset)
}

function refuse(errno: number): Buffer {
  return instruction(RET, RETURN_ERRNO | errno)
}

function deny(number: number | null, errno: number): Buffer[] {
  return number === null ? [] : when(JEQ, number, [refuse(errno)])
}

/** The steps are taken when the comparison holds, else jumped over. */
function when(compare: number, operand: number, steps: Buffer[]): Buffer[] {
  return [instruction(compare, operand, 0, steps.length), ...steps]
}

function unless(operand: number, steps: Buffer[]): Buffer[] {
  return [instruction(JEQ, operand, steps.length, 0), ...steps]
}

function instruction(code: number, operand: number, whenTrue = 0, whenFalse = 0): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(code, 0)
  bytes.writeUInt8(whenTrue, 2)
  bytes.writeUInt8(whenFalse, 3)
  bytes.writeUInt32LE(operand >>> 0, 4)
  return bytes
}

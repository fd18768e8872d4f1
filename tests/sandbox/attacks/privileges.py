import ctypes
import mmap
import os
import platform
import shutil
import subprocess
import sys

from report import attempt, must

libc = ctypes.CDLL(None, use_errno=True)
X64 = platform.machine() == "x86_64"
NUMBERS = dict(
    ptrace=(101, 117), process_vm_readv=(310, 270), mount=(165, 40), umount2=(166, 39), pivot_root=(155, 41),
    chroot=(161, 51), unshare=(272, 97), setns=(308, 268), clone=(56, 220), bpf=(321, 280), keyctl=(250, 219),
    add_key=(248, 217), perf_event_open=(298, 241), userfaultfd=(323, 282), io_uring_setup=(425, 425),
    memfd_create=(319, 279), shmget=(29, 194), open_by_handle_at=(304, 265), ioctl=(16, 29), fsopen=(430, 430),
    clone3=(435, 435), pidfd_getfd=(438, 438), reboot=(169, 142), settimeofday=(164, 170), kexec_load=(246, 104),
)
server = int(sys.argv[1])


def call(name, *args):
    number = name if isinstance(name, int) else NUMBERS[name][0 if X64 else 1]
    # whole words: a plain int would leave rubbish in the upper half of a register
    words = [a if isinstance(a, (bytes, type(None), ctypes.Array)) else ctypes.c_long(a) for a in args]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def forked(act):
    """In a child, as success would change the process itself."""
    pid = os.fork()
    if pid == 0:
        try:
            act()
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code != 0:
        raise OSError(code, os.strerror(code) if code > 0 else "killed")
    return True


def old_call():
    """ptrace by the numbers of 32-bit programs, which a filter of 64-bit numbers would not know."""
    must(X64, "not on this machine")
    code = bytes([0xB8, 26, 0, 0, 0, 0x31, 0xDB, 0xCD, 0x80, 0xC3])  # mov eax, 26; xor ebx, ebx; int 0x80; ret
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    if result < 0:
        raise OSError(-result, os.strerror(-result))
    return result


def x32_call():
    must(X64, "not on this machine")
    return forked(lambda: call(0x40000000 | 521, 0, 0, 0, 0))


NEWUSER, NEWNS, NEWNET = 0x10000000, 0x20000, 0x40000000
attempt("ptrace me", lambda: forked(lambda: call("ptrace", 0, 0, 0, 0)))
attempt("ptrace 1", lambda: call("ptrace", 16, 1, 0, 0))
attempt("ptrace by old numbers", old_call)
attempt("ptrace by x32 numbers", x32_call)
attempt("memory of 1", lambda: call("process_vm_readv", 1, None, 0, None, 0, 0))
attempt("mount", lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None))
attempt("remount /usr", lambda: call("mount", None, b"/usr", None, 32 | 4096, None))
attempt("unmount", lambda: call("umount2", b"/proc", 2))
attempt("new mounts", lambda: call("fsopen", b"tmpfs", 0))
attempt("pivot root", lambda: call("pivot_root", b"/tmp", b"/tmp"))
attempt("chroot", lambda: forked(lambda: call("chroot", b"/tmp")))
attempt("unshare", lambda: forked(lambda: call("unshare", NEWUSER)))
attempt("unshare mounts", lambda: forked(lambda: call("unshare", NEWNS)))
attempt("clone", lambda: call("clone", NEWUSER | 17, 0, 0, 0, 0))
attempt("clone with a network", lambda: call("clone", NEWNET | 17, 0, 0, 0, 0))
attempt("clone 3", lambda: call("clone3", None, 0))
attempt("namespaces of 1", lambda: call("setns", os.open("/proc/1/ns/user", os.O_RDONLY), 0))
attempt("bpf", lambda: call("bpf", 0, None, 0))
attempt("keys", lambda: call("keyctl", 0, -3, 1))
attempt("a key", lambda: call("add_key", b"user", b"a", b"b", 1, -3))
attempt("perf", lambda: call("perf_event_open", None, 0, -1, -1, 0))
attempt("userfaultfd", lambda: call("userfaultfd", 0))
attempt("io_uring", lambda: call("io_uring_setup", 1, None))
attempt("hidden memory", lambda: call("memfd_create", b"x", 0))
attempt("shared memory", lambda: call("shmget", 0, 4096, 0o1600))
attempt("file by handle", lambda: call("open_by_handle_at", -100, None, 0))
attempt("handle of 1", lambda: call("pidfd_getfd", 0, 0, 0))
attempt("type into the terminal", lambda: call("ioctl", 0, 0x5412, b"x"))
attempt("type with high bits", lambda: call("ioctl", 0, (1 << 32) | 0x5412, b"x"))
attempt("reboot", lambda: call("reboot", 0, 0, 0))
attempt("clock", lambda: call("settimeofday", None, None))
attempt("another kernel", lambda: call("kexec_load", 0, 0, None, 0))
attempt("become root", lambda: forked(lambda: os.setuid(0)))
attempt("become another", lambda: forked(lambda: os.setgroups([0])))
attempt("give away", lambda: os.chown("/tmp", 0, 0))
attempt("raise limits", lambda: __import__("resource").setrlimit(6, (-1, -1)))
attempt("signal the server", lambda: os.kill(server, 9))
attempt("higher priority", lambda: os.setpriority(os.PRIO_PROCESS, 0, -5))


def own_setuid():
    shutil.copy("/usr/bin/id", "/tmp/id")
    os.chmod("/tmp/id", 0o6755)
    return must(subprocess.check_output(["/tmp/id", "-u"]).strip() == b"0", "still nobody")


def setuid_of_system():
    """Whatever is setuid on this machine runs as the same nobody."""
    for program in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], ["mount", "-t", "tmpfs", "none", "/tmp"]):
        if shutil.which(program[0]):
            done = subprocess.run(program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if done.returncode == 0:
                return program
    raise RuntimeError("none of them helps")


attempt("own setuid", own_setuid)
attempt("setuid programs", setuid_of_system)
with open("/proc/self/status") as f:
    caps = [line.split()[1] for line in f if line.startswith("Cap")]
attempt("capabilities", lambda: must([c for c in caps if int(c, 16)], "none"))
print("done")

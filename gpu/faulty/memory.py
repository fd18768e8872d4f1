"""Memory of a pretended device.

`<HEARTH_PRETEND_MEMORY>/<device>/` holds `total` and, by pid, what each process uses, bytes, and when it was born: a
pid alone may be another's by now.
"""

import contextlib
import fcntl
import os

MIB = 1024**2
WEIGHTS = 64 * MIB  # of a model whose file is not there
PIXEL_BYTES = 256  # that decoding takes for each pixel


class OutOfMemory(Exception):
    def __init__(self, need, free, total):
        super().__init__(f"{need} bytes were wanted, {free} of {total} are free")
        self.figures = {"needBytes": need, "freeBytes": free, "totalBytes": total}


class Memory:
    folder = None
    own = set()  # who goes on holding what this process has taken, once it has ended

    def __init__(self, device):
        root = os.environ.get("HEARTH_PRETEND_MEMORY")
        self.used = self.peak = 0
        if root:
            Memory.folder = os.path.join(root, device)

    def weights(self, spec):
        """What the model takes while it works, in the way that it is held."""
        fixed = os.environ.get("HEARTH_PRETEND_BYTES")
        model = spec.get("model")
        size = int(fixed) if fixed else os.path.getsize(model["path"]) if model else WEIGHTS
        return size // 2 if spec["memory"]["offload"] in ("model", "group") else size

    def decoding(self, spec):
        if os.environ.get("HEARTH_PRETEND_BYTES"):
            return 0
        params = spec["params"]
        pixels = params["width"] * params["height"] * params["count"] * params["frames"]
        return pixels * PIXEL_BYTES // (4 if spec["memory"]["vaeTiling"] else 1)

    def use(self, need):
        """Takes so much in all. Raises OutOfMemory when others leave too little."""
        if Memory.folder:
            with Locked(Memory.folder):
                total, others = look(Memory.folder)
                if need > total - others:
                    note(Memory.folder, need, total, others)
                    raise OutOfMemory(need, total - others, total)
                write(Memory.folder, os.getpid(), need)
        self.used = need
        self.peak = max(self.peak, need)

    def give_back(self):
        Memory.forget()
        self.used = 0

    @staticmethod
    def forget():
        if Memory.folder:
            with contextlib.suppress(OSError):  # nothing was taken
                os.unlink(os.path.join(Memory.folder, str(os.getpid())))


class Locked:
    """One process at a time counts what is left."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "lock")

    def __enter__(self):
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        os.close(self.file)


def look(folder):
    """What there is in all, and what other processes that live hold of it."""
    with open(os.path.join(folder, "total")) as file:
        total = int(file.read())
    held = 0
    for name in os.listdir(folder):
        if name.isdigit() and int(name) != os.getpid() and int(name) not in Memory.own:
            with open(os.path.join(folder, name)) as file:
                used, birth = file.read().split()
            held += int(used) if born(name) == birth else 0
    return total, held


def born(pid):
    """When a process that lives was born, ticks. One that has died holds nothing, though its parent has not noticed."""
    try:
        with open(f"/proc/{pid}/stat", encoding="latin-1") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def write(folder, pid, used):
    path = os.path.join(folder, str(pid))
    with open(path + ".part", "w") as file:
        file.write(f"{used} {born(pid)}")
    os.replace(path + ".part", path)


def note(folder, need, total, others):
    """For tests: a device was asked for more than it has left."""
    with open(os.path.join(folder, "overcommitted"), "a") as file:
        file.write(f"{os.getpid()} wanted {need} of {total}, others hold {others}\n")

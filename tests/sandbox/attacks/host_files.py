import glob
import os
import sys

from report import attempt, must

data = sys.argv[1]
with open("mark", "rb") as f:
    secret = f.read()


def read(path):
    with open(path, "rb") as f:
        return f.read(1_000_000)


def in_any(pattern):
    for path in glob.glob(pattern):
        try:
            if secret in read(path):
                return path
        except OSError:
            pass
    raise RuntimeError("in none of them")


def home_folders():
    seen = [p for p in ("/root", "/home", "/srv", "/var", "/boot", "/sys", "/run", "/mnt", "/media") if os.path.exists(p)]
    return must(seen, "none is there")


attempt("shadow", lambda: read("/etc/shadow"))
attempt("machine id", lambda: read("/etc/machine-id"))
attempt("data", lambda: read(f"{data}/secret"))
attempt("data by the root of 1", lambda: read(f"/proc/1/root{data}/secret"))
attempt("data by the folder of 1", lambda: read(f"/proc/1/cwd{data}/secret"))
attempt("data by climbing", lambda: read("../" * 20 + f"{data.lstrip('/')}/secret"))
attempt("environment of others", lambda: in_any("/proc/[0-9]*/environ"))
attempt("commands of others", lambda: in_any("/proc/[0-9]*/cmdline"))
attempt("own environment", lambda: must([k for k, v in os.environ.items() if secret.decode() in v]))
attempt("open handles of others", lambda: in_any("/proc/[0-9]*/fd/*"))
attempt("folders", home_folders)
attempt("memory", lambda: read("/dev/mem"))
attempt("kernel memory", lambda: read("/proc/kcore"))
attempt("disk", lambda: must(glob.glob("/dev/sd*") + glob.glob("/dev/vd*") + glob.glob("/dev/nvme*")))
attempt("device", lambda: os.mknod("/tmp/disk", 0o60666, os.makedev(8, 0)))
attempt("other processes", lambda: must([p for p in glob.glob("/proc/[0-9]*") if b"bun" in read(f"{p}/comm")]))
print("done")

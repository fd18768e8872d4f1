import os

from report import attempt


def write(path, text="x"):
    with open(path, "w") as f:
        f.write(text)
    return path


for path in ("/x", "/usr/x", "/usr/bin/x", "/etc/x", "/dev/x", "/opt/x", "/lib/x", "/proc/x"):
    attempt(f"new {path}", lambda path=path: write(path))
for path in ("/bin/sh", "/etc/hosts", "/etc/ld.so.cache", "/opt/hearth/bun/bun"):
    attempt(f"over {path}", lambda path=path: write(path))
for path in (
    "/proc/sys/kernel/core_pattern",
    "/proc/sys/kernel/hostname",
    "/proc/sys/vm/overcommit_memory",
    "/proc/sys/user/max_user_namespaces",
    "/proc/sysrq-trigger",
    "/proc/1/uid_map",
    "/proc/1/mem",
):
    attempt(f"setting {path}", lambda path=path: write(path, "1"))
attempt("rename /usr", lambda: os.rename("/usr", "/tmp/usr"))
attempt("remove /etc/hosts", lambda: os.remove("/etc/hosts"))
attempt("link into /usr", lambda: os.link("/usr/bin/env", "/tmp/env"))
print("done")

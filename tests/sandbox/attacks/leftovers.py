"""A working copy full of what is no file, or not one to take."""

import os
import socket

from report import attempt

os.symlink("/etc/passwd", "passwd")
os.symlink("/", "root")
os.symlink("loop", "loop")
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("socket")
with open("real.txt", "w") as f:
    f.write("mine")
os.link("real.txt", "twice.txt")
attempt("device", lambda: os.mknod("null", 0o20666, os.makedev(1, 3)))
attempt("host file by a hard link", lambda: os.link("/etc/hosts", "hosts"))
attempt("1 TB file", lambda: os.truncate("real.txt", 1 << 40))
for name in ("two\nlines", "back\\slash", "con.txt", "\x1b[31mred", "a" * 255, ".hearth"):
    with open(name, "w") as f:
        f.write("x")
with open(b"bytes-\xff\xfe", "w") as f:
    f.write("x")
os.makedirs(".git/hooks")
with open(".git/hooks/post-checkout", "w") as f:
    f.write("x")
os.makedirs("node_modules/x")
with open("node_modules/x/index.js", "w") as f:
    f.write("x")
print("done")

"""A file that becomes a link to what is not for it, and a file again, as fast as it goes, also while it is packed."""

import os
import sys

target = sys.argv[1]
with open("report.txt", "w") as f:
    f.write("mine")
if os.fork() == 0:
    os.setsid()
    while True:
        try:
            os.symlink(target, "link")
            os.rename("link", "report.txt")
            with open("plain", "w") as f:
                f.write("mine")
            os.rename("plain", "report.txt")
        except OSError:
            pass
print("done", flush=True)

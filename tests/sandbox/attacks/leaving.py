"""Leaves behind all that can be left: daemons without terminal or streams, zombies, a loop that shrugs signals off."""

import os
import signal
import time

mark = "61.75"
for _ in range(20):
    if os.fork() == 0:
        os._exit(0)  # a zombie: nobody waits for it
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 65):
                try:
                    signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError):
                    pass
            os.closerange(0, 256)
            os.execvp("sleep", ["sleep", mark])
        os._exit(0)
time.sleep(0.2)
print("done", flush=True)

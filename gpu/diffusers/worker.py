"""Renders one attempt folder: `python worker.py FOLDER`. gpu/README.md has the folder, the lines and the exit codes."""

import sys

from hearth_worker.entry import main

if __name__ == "__main__":
    main(sys.argv[1:])

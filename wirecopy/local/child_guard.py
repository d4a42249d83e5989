"""Runs a child process that cannot outlive its parent.

``python -I -S child_guard.py PARENT USER COMMAND …`` drops to USER (a number, or ``-``), asks the kernel to be killed
when PARENT ends, then executes COMMAND under the same process id. Linux only; elsewhere the second step is left out.
A program of its own, because running Python between fork and exec is not safe in a process with threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, user, *command = arguments
    if user != "-":
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    # After the change of user, which clears it. SIGKILL, since the next start must find free ports, and every program
    # that we run survives a kill.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("the parent ended before its child began")
    os.execvp(command[0], command)  # noqa: S606  # becoming the command is the purpose


if __name__ == "__main__":
    main(sys.argv[1:])

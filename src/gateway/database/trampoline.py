"""Become another program, under another user, that is interrupted when its parent dies.

A program of its own, run by path and never imported, because neither half can be had from the
parent: Linux forgets the parent-death signal when a process changes its user, and Python code
between fork and exec may deadlock where the parent has threads.

Arguments: the parent's process id, user id, group id, the program's path, its arguments.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def become_user(uid: int, gid: int) -> None:
    if os.geteuid() != uid:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def die_with(parent: int) -> None:
    """Ask for SIGINT, PostgreSQL's fast shutdown, at the death of the thread that forked us."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGINT), 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
    if os.getppid() != parent:
        sys.exit("the parent died before its program could start")


def main(parent: str, uid: str, gid: str, program: str, *arguments: str) -> None:
    become_user(int(uid), int(gid))
    die_with(int(parent))
    os.execv(program, [program, *arguments])  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])

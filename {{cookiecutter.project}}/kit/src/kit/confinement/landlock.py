"""Confine this process with Linux Landlock, then become another program. Runs alone: standard library only.

Numbers and structures are those of the kernel's include/uapi/linux/landlock.h.
"""

import ctypes
import os
import stat
import sys

TYPE_CHECKING = False  # importing typing would take as long as all the rest
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1
WRITE_FILE, READ_FILE, READ_DIR, REFER, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 13, 1 << 14
REMOVE_AND_MAKE = sum(1 << bit for bit in range(4, 13))
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
ABSTRACT_UNIX_SOCKET = 1 << 0
ON_FILES = WRITE_FILE | READ_FILE | TRUNCATE
RIGHTS = {
    "list": READ_DIR,
    "read": READ_FILE | READ_DIR,
    "update": READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE,  # files that are there; none can be made
    "write": READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | REMOVE_AND_MAKE | REFER,
}
CANNOT_CONFINE = 66
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS, SIGKILL = 1, 38, 9

libc: "Any" = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Ruleset(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi() -> int:
    """The version of Landlock that the kernel supports; 0 if it has none."""
    return max(int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), 1)), 0) if libc else 0


def confine(rules: "Iterable[tuple[str, str]]", network: bool) -> None:
    """Deny this process and its children every file that no rule (right, path) grants, and TCP unless `network`.

    Paths that do not exist are left out. Older kernels deny less: TCP needs version 4, truncation 3.

    Raises:
        OSError: the kernel refuses.
    """
    version = abi()
    handled = RIGHTS["write"] & ~(REFER if version < 2 else 0) & ~(TRUNCATE if version < 3 else 0)
    ruleset = Ruleset(handled, 0 if network else BIND_TCP | CONNECT_TCP, 0 if network else ABSTRACT_UNIX_SOCKET)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset_fd = _checked(libc.syscall(CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0))
    for right, path in rules:
        _allow(ruleset_fd, RIGHTS[right] & handled, path)
    _checked(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.syscall(RESTRICT_SELF, ruleset_fd, 0))
    os.close(ruleset_fd)


def _allow(ruleset_fd: int, rights: int, path: str) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= ON_FILES
        if rights:
            rule = PathBeneath(rights, parent)
            _checked(libc.syscall(ADD_RULE, ruleset_fd, PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(parent)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def launcher(rules_file: str = os.devnull, network: bool = True) -> list[str]:
    """The words before a command that make it end when this process does and, with rules, confine it (Linux)."""
    if sys.platform != "linux":
        return []
    word = "network" if network else "no-network"
    return [sys.executable, "-I", "-S", "-B", __file__, rules_file, str(os.getpid()), word]


def main(rules_file: str, runner: str, network: str, *command: str) -> None:
    """Become `command`, confined by a file of NUL-terminated `RIGHT PATH` entries, and end with `runner` (a PID)."""
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    if os.getppid() != int(runner):  # it was killed before the line above
        sys.exit(1)
    with open(rules_file, "rb") as file:
        entries = [os.fsdecode(entry).split(" ", 1) for entry in file.read().split(b"\0") if entry]
    try:
        if entries:
            confine([(right, path) for right, path in entries], network == "network")
    except OSError as error:
        print(f"Landlock: {error}", file=sys.stderr)
        sys.exit(CANNOT_CONFINE)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(*sys.argv[1:])

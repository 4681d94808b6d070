"""The command line: parse, call one command, turn a KitError into one line."""

import errno
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

from kit import __version__
from kit.arguments import parser
from kit.errors import KitError

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 the user can fix it, 2 wrong usage, 3 a bug (with its traceback), 130 interrupted."""
    # A stopped job must still clean up after itself.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = parser().parse_args(argv)
    try:
        command = import_module(f"kit.commands.{arguments.command}")
        return int(command.main(arguments))
    except KitError as error:
        print(f"kit: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of the output, such as `head`, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        if error.errno not in NO_ROOM:
            return _bug()
        print(
            f"kit: {error.filename or 'a disk'}: {error.strerror}; free disk space or make it writable, and run again",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("kit: interrupted", file=sys.stderr)
        return 130
    except Exception:
        return _bug()


def _bug() -> int:
    import traceback

    traceback.print_exc()
    print(f"kit {__version__}: this is a bug in the kit; please report it with the traceback above", file=sys.stderr)
    return 3

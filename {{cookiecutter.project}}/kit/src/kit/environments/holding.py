"""Locks on environments, so that none is replaced or removed while a process uses it.

Users hold a shared lock of the kernel, and whoever changes an environment an exclusive one, on KEY.lock next to the
environment. A process that ends, however it ends, holds nothing any more.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from kit.environments.environment import Environment

try:
    import fcntl
except ImportError:  # Windows, which does not let files be removed that a process has open
    fcntl = None  # type: ignore[assignment]

# A file system without locks, or a cache that this user can neither write to nor change.
NO_LOCKS = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def in_use(environment: Environment) -> Iterator[None]:
    """Keep the environment as it is; waits while another process builds or removes it."""
    descriptor = _shared(environment)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def unused(environment: Environment, wait: bool = True) -> Iterator[None]:
    """Keep others from using the environment.

    Raises:
        Timeout: a process does, and `wait` is false.
    """
    environment.path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(environment.sibling("lock"), timeout=-1 if wait else 0):
        yield


def is_used(environment: Environment) -> bool:
    """Whether a process uses or builds it now."""
    try:
        with unused(environment, wait=False):
            return False
    except Timeout:
        return True


def _shared(environment: Environment) -> int | None:
    if fcntl is None:
        return None
    descriptor = None
    try:
        descriptor = os.open(environment.sibling("lock"), os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except BaseException as error:
        if descriptor is not None:
            os.close(descriptor)
        if not isinstance(error, OSError) or error.errno not in NO_LOCKS:
            raise
        return None
    return descriptor

"""Parsed locks of long histories, kept in the user's cache by blob id, so that the next command need not parse them."""

import gc
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kit.lineage.history.lockfile import Execution, Lock
from kit.system.caches import environments_folder

FORMAT = 1
# A cache is only written for a history that is long enough, and only when a twentieth of it is new.
WORTHWHILE, SHARE = 50, 20


class LockCache:
    """One file for each repository. Its content is named by Git's blob ids, so it cannot be out of date."""

    def __init__(self, repository: Path) -> None:
        name = hashlib.sha256(os.fsencode(repository.resolve())).hexdigest()[:32]
        self.path = environments_folder().parent / "lineage" / f"{name}.json"

    def load(self) -> dict[str, Lock]:
        """Blob id to lock; empty if there is no cache, or it cannot be read."""
        try:
            with without_collector():
                document = json.loads(self.path.read_bytes())
                if document["format"] != FORMAT:
                    return {}
                executions = [Execution(stage, entry) for stage, entry in document["executions"]]
                locks = document["locks"].items()
                return {blob: {executions[at].stage: executions[at] for at in lock} for blob, lock in locks}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            return {}

    def save(self, locks: Mapping[str, Lock], known: int) -> None:
        """Store locks, if enough of them are new; `known` were loaded. A cache that cannot be written is left out."""
        if len(locks) < WORTHWHILE or (len(locks) - known) * SHARE < len(locks):
            return
        numbers: dict[int, int] = {}
        entries: list[tuple[str, Mapping[str, Any]]] = []
        for execution in (execution for lock in locks.values() for execution in lock.values()):
            if id(execution) not in numbers:
                numbers[id(execution)] = len(entries)
                entries.append((execution.stage, execution.document()))
        held = {blob: [numbers[id(execution)] for execution in lock.values()] for blob, lock in locks.items()}
        document = {"format": FORMAT, "executions": entries, "locks": held}
        try:
            self._write(json.dumps(document))
        except (OSError, TypeError, ValueError):  # a parameter that JSON cannot write, or a full disk
            return

    def _write(self, text: str) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=self.path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(fresh).replace(self.path)
        finally:
            Path(fresh).unlink(missing_ok=True)


@contextmanager
def without_collector() -> Iterator[None]:
    """Many small objects that all stay alive: garbage collection would take longer than creating them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

"""Run records that dvc.lock names."""

import json
from dataclasses import dataclass
from typing import Any

from kit.dvc.cache import Storage
from kit.dvc.hashing import md5_of_bytes
from kit.errors import KitError
from kit.formats.documents import schema_named, violation
from kit.lineage.history.lockfile import Execution
from kit.project.run_record import SCHEMA


@dataclass(frozen=True)
class Recorded:
    """An execution's run record, or why there is none: `problem`; `damaged`: whether its bytes have changed."""

    document: dict[str, Any] | None
    problem: KitError | None = None
    damaged: bool = False


def parsed_record(data: bytes, label: str) -> Recorded:
    """A run record from its bytes."""
    try:
        document = json.loads(data)
    except ValueError as error:
        return Recorded(None, KitError(f"invalid JSON: {error}", label), damaged=True)
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        newer = f"is of schema {schema}, which this kit does not know; update the kit"
        return Recorded(None, KitError(newer, label))
    problem = violation(document, schema_named("run"))
    if problem:
        return Recorded(None, KitError(f"invalid run record: {problem}", label), damaged=True)
    return Recorded(dict(document))


class RunRecords:
    """The run records on this machine; each is read once."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._known: dict[str, Recorded] = {}

    def of(self, execution: Execution) -> Recorded:
        """The run record that dvc.lock names for an execution."""
        wanted = execution.record
        if wanted is None:
            return Recorded(None, KitError("the stage has no run record (run.json is not among its outs)"))
        if wanted.hash not in self._known:
            self._known[wanted.hash] = self._read(wanted.path, wanted.hash)
        return self._known[wanted.hash]

    def _read(self, path: str, md5: str) -> Recorded:
        place = self._storage.place(md5)
        here = self._storage.root / path if self._storage.root else None
        candidates = [found.read_bytes() for found in (place, here) if found and found.is_file()]
        data = next((data for data in candidates if md5_of_bytes(data) == md5), None)
        if data is None and place:
            return Recorded(None, KitError(f"the cache holds other bytes than those of {md5[:8]}", path), damaged=True)
        if data is None:
            missing = f"the run record {md5[:8]} is not on this machine; `dvc fetch` brings it"
            return Recorded(None, KitError(missing, path))
        return parsed_record(data, path)

"""Whether the content of the working tree, the cache, the remote and the environments is what it should be."""

import hashlib
from collections.abc import Iterable, Iterator
from functools import cached_property

from kit.dvc.artifact import Artifact
from kit.dvc.hashing import FOLDER, digests, dvc_hash, md5_of_bytes
from kit.dvc.remote import Digest, remote_digest
from kit.environments.environment import Environment, all_environments, environment_key
from kit.environments.holding import in_use
from kit.environments.installed import broken_packages
from kit.environments.interpreters import interpreter_for
from kit.environments.store import is_intact
from kit.errors import KitError
from kit.lineage.audit.finding import AuditFinding, error, unknown, warning
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision
from kit.lineage.history.states import State, cache_state


class Stored:
    """Checks each content once, even if several commits name it."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._seen: dict[tuple[str, str], AuditFinding | None] = {}
        self._working_hashes: dict[str, str | None] = {}
        self._sha256s: dict[str, str | None] = {}

    def findings(self, revision: Revision, deep: bool) -> Iterator[AuditFinding]:
        """Findings about everything that a revision's lock and .dvc files name."""
        in_git = self._in_git(revision)
        for artifact in _named(revision):
            if revision.commit is None:
                yield from self._working(artifact)
            if artifact.path in in_git:
                continue  # whether it is right there, audits.claims says
            yield from self._once("cache", artifact)
            if deep and self._remote is not None:
                yield from self._once("remote", artifact)
        yield from self._recorded(revision)

    def _in_git(self, revision: Revision) -> set[str]:
        """Files that Git tracks instead of DVC, such as metrics; in the working tree, those present and not ignored."""
        paths = {artifact.path for artifact in _named(revision)}
        if revision.commit is None:
            return {path for path in paths - self.history.repository.ignored(paths) if self._hash(path) is not None}
        return {path for path in paths if revision.files.key(path) is not None}

    def _once(self, where: str, artifact: Artifact) -> Iterator[AuditFinding]:
        key = (where, artifact.hash)
        if key not in self._seen:
            self._seen[key] = self._cached(artifact) if where == "cache" else self._at_remote(artifact)
        found = self._seen[key]
        if found:
            yield found

    def _working(self, artifact: Artifact) -> Iterator[AuditFinding]:
        if self._hash(artifact.path) not in (None, artifact.hash):
            yield error(
                artifact.path, "does not have the hash in dvc.lock or its .dvc file; `dvc checkout` restores it"
            )

    def _cached(self, artifact: Artifact) -> AuditFinding | None:
        state = cache_state(self.history, artifact.hash)
        if state == State.DAMAGED:
            message = f"DVC's cache holds other bytes under its hash {artifact.hash[:12]}; remove it, then `dvc fetch`"
            return error(artifact.path, message)
        if state == State.MISSING and not self._lies_here(artifact):
            return unknown(
                artifact.path, f"its bytes ({artifact.hash[:12]}) are not on this machine; `dvc fetch` brings them"
            )
        return None

    def _lies_here(self, artifact: Artifact) -> bool:
        return self.history.has_working_tree and self._hash(artifact.path) == artifact.hash

    def _hash(self, path: str) -> str | None:
        """DVC's hash of a path in the working tree; each is read once."""
        if path not in self._working_hashes:
            self._working_hashes[path] = dvc_hash(self.history.root, path)
        return self._working_hashes[path]

    def _recorded(self, revision: Revision) -> Iterator[AuditFinding]:
        """Compare contents with the SHA-256 in the run records: a forger of an MD5 must forge those, too."""
        for execution in revision.lock.values():
            record = self.history.records.of(execution).document
            outs = {out.path: out for out in execution.outs}
            for entry in record["outputs"].values() if record else ():
                found = self._sha256(revision, outs[entry["path"]]) if entry["path"] in outs else None
                if found not in (None, entry["sha256"]):
                    label = execution.record.path if execution.record else execution.stage
                    yield error(entry["path"], f"does not have the SHA-256 recorded in {label}")

    def _sha256(self, revision: Revision, artifact: Artifact) -> str | None:
        """The SHA-256 in the working tree, Git or the cache; None if it is missing, or does not have the MD5 either."""
        if revision.commit and (data := revision.files.read(artifact.path)) is not None:
            return hashlib.sha256(data).hexdigest() if md5_of_bytes(data) == artifact.hash else None
        here = self.history.root / artifact.path
        if revision.commit is None and here.is_file():
            md5, sha256 = digests(here)
            return sha256 if md5 == artifact.hash else None
        if artifact.hash not in self._sha256s:
            place = self.history.storage.place(artifact.hash)
            found = digests(place) if place else ("", None)
            self._sha256s[artifact.hash] = found[1] if found[0] == artifact.hash else None
        return self._sha256s[artifact.hash]

    @cached_property
    def _remote(self) -> Digest | None:
        return remote_digest(self.history.root) if self.history.has_working_tree else None

    def _at_remote(self, artifact: Artifact) -> AuditFinding | None:
        assert self._remote
        wanted = [artifact.hash]
        if artifact.hash.endswith(FOLDER):
            wanted += (self.history.storage.members(artifact.hash) or {}).values()
        try:
            for md5 in wanted:
                found = self._remote(md5)
                if found is None:
                    return warning(
                        artifact.path, f"its bytes ({md5[:12]}) are not at the remote; `dvc push` uploads them"
                    )
                if found != md5.removesuffix(FOLDER):
                    message = (
                        f"the remote holds other bytes under its hash {md5[:12]}; remove them there, then `dvc push`"
                    )
                    return error(artifact.path, message)
        except KitError as problem:
            return unknown(artifact.path, str(problem))
        return None


def _named(revision: Revision) -> Iterable[Artifact]:
    """Raw data and outs, each once."""
    outs = (out for execution in revision.lock.values() for out in execution.outs)
    return dict.fromkeys([*(data.artifact for data in revision.raw.values()), *outs])


def environment_findings(revision: Revision, deep: bool) -> Iterator[AuditFinding]:
    """The environments of the revision's modules that are built on this machine; `deep` reads every installed file."""
    built = {environment.key: environment for environment in all_environments()}
    modules = sorted({execution.module for execution in revision.lock.values() if execution.module} if built else ())
    seen = set()
    for module in modules:
        source = revision.source(module)
        if source is None or source.lock is None:
            continue
        try:
            key = environment_key(source.lock, interpreter_for(str(source.contract.get("python", ""))))
        except KitError:
            continue  # without that Python there is no environment here
        if key not in built or key in seen:
            continue
        seen.add(key)
        with in_use(built[key]):
            yield from _environment_findings(built[key], f"modules/{module}/requirements.txt", deep)


def _environment_findings(environment: Environment, label: str, deep: bool) -> Iterator[AuditFinding]:
    broken = broken_packages(environment.path) if deep else []
    if broken:
        yield error(label, f"files of {', '.join(broken)} differ from their wheel; `kit env check` rebuilds it")
    elif not is_intact(environment):
        yield error(label, "its environment changed after it was built; `kit env check` rebuilds it")
    elif environment.manifest["installed"]["differs_from_lock"]:
        yield error(label, "its environment is not what the lock names; `kit env check` rebuilds it")

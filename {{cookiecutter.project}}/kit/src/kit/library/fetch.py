"""Read a module from a Git repository, without checking out or running anything of it."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kit.errors import KitError
from kit.git.command import GitOutput, run_git
from kit.library.package import Package, checked, params_in, types_named
from kit.library.reference import Reference
from kit.library.safety import LARGEST_FILE, printable, refuse, refuse_all

# Only these protocols, no hooks, and objects whose hashes are checked.
CAREFULLY = [
    *("-c", "protocol.allow=never", "-c", "protocol.https.allow=always", "-c", "protocol.ssh.allow=always"),
    *("-c", "protocol.file.allow=always", "-c", f"core.hooksPath={os.devnull}", "-c", "fetch.fsckObjects=true"),
]
UPLOAD = "git -c uploadpack.allowFilter=true -c uploadpack.allowAnySHA1InWant=true upload-pack"
COMMIT = re.compile(r"[0-9a-f]{40}")
REMOTE = "source"


@dataclass(frozen=True)
class Entry:
    """A file in a tree; size None: too large to be fetched."""

    mode: str
    id: str
    size: int | None


class GitSource:
    """Commits of a repository, fetched one by one into a temporary repository, without files too large for a module."""

    def __init__(self, reference: Reference, scratch: Path) -> None:
        self.location, self._prefix = _repository_of(reference)
        self._scratch = scratch
        self._git("init", "--quiet", "--bare", "--template=", ".")
        for key, value in (("url", self.location), ("tagOpt", "--no-tags")):
            self._git("config", f"remote.{REMOTE}.{key}", value)

    @property
    def own(self) -> str | None:
        """The module, if the reference is the module's own folder."""
        folder = PurePosixPath(self._prefix)
        return folder.name if folder.parent.name == "modules" else None

    def fetch(self, rev: str | None) -> str:
        """Fetch one commit; returns its hash.

        Raises:
            KitError: the repository cannot be reached, or has no such revision.
        """
        upload = [f"--upload-pack={UPLOAD}"] if Path(self.location).is_dir() else []
        wanted = ["--quiet", "--depth=1", f"--filter=blob:limit={LARGEST_FILE + 1}", *upload, REMOTE, rev or "HEAD"]
        self._git("fetch", *wanted, label=f"{self.location}@{rev}" if rev else self.location)
        # From here on, what was filtered out is missing, and not fetched when its size is asked for.
        for key in (f"remote.{REMOTE}.promisor", f"remote.{REMOTE}.partialclonefilter", "extensions.partialclone"):
            self._run("config", "--unset-all", key)
        return self._git("rev-parse", "--verify", "FETCH_HEAD^{commit}").strip()

    def references(self) -> dict[str, str]:
        """Tags, branches and HEAD of the source, with their commits."""
        found: dict[str, str] = {}
        for line in self._git("ls-remote", REMOTE, label=self.location).splitlines():
            commit, _, name = line.partition("\t")
            found[name.removesuffix("^{}")] = commit  # a tag object's commit follows it
        return found

    def package(self, name: str, commit: str) -> Package:
        """A module at a commit that was fetched, with its contracts.

        Raises:
            KitError: there is no such module, or it is refused.
        """
        folder = self._module_folder(name, commit)
        root = folder.removesuffix(f"modules/{name}")
        files = self._files(commit, folder)
        label = f"{self.location}: {folder}"
        module_yaml = files.get("module.yaml")
        if module_yaml is None:
            raise KitError("has no module.yaml; nothing was added", label)
        contracts = {}
        for type_name in types_named(module_yaml, f"{label}/module.yaml"):
            if data := self._files(commit, f"{root}contracts", only=f"{type_name}.yaml"):
                contracts[type_name] = data[f"{type_name}.yaml"]
        params = self._files(commit, root.rstrip("/"), only="params.yaml").get("params.yaml")
        return checked(Package(name, files, contracts, params_in(params, name), commit), label)

    def modules(self, commit: str) -> list[str]:
        """The modules of a project at a commit."""
        listing = self._git("ls-tree", "-d", "--name-only", "-z", commit, "--", f"{self._prefix}modules/")
        return sorted(PurePosixPath(path).name for path in listing.split("\0") if path)

    def _module_folder(self, name: str, commit: str) -> str:
        folder = self._prefix.rstrip("/") if self.own == name else f"{self._prefix}modules/{name}"
        if not self._git("ls-tree", "-d", "-z", commit, "--", folder):
            known = ", ".join(map(printable, self.modules(commit))) or "none"
            raise KitError(f"{self.location}: has no module {name} at {commit[:12]}; modules: {known}")
        return folder

    def _files(self, commit: str, folder: str, only: str | None = None) -> dict[str, bytes]:
        """The files of a folder, by their path in it, or one of them; each is checked by `kit.library.safety`."""
        prefix = f"{folder}/" if folder else ""
        paths = [f"{prefix}{only}"] if only else [prefix]
        entries = {path.removeprefix(prefix): entry for path, entry in self._entries(commit, paths)}
        for path, entry in entries.items():
            refuse(path, entry.mode, entry.size)
        refuse_all((path, entry.size or 0) for path, entry in entries.items())
        return {path: self._blob(entry.id) for path, entry in entries.items()}

    def _entries(self, commit: str, paths: list[str]) -> Iterator[tuple[str, Entry]]:
        """The files in a tree; sizes are those of objects that are here, and nothing is fetched for them."""
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths)
        found = [line.partition("\t") for line in listed.split("\0") if line]
        ids = [head.split()[2] for head, _, _ in found]
        sizes = self._sizes(ids)
        for head, _, path in found:
            mode, _, blob = head.split()
            yield path, Entry(mode, blob, sizes.get(blob))

    def _sizes(self, ids: list[str]) -> dict[str, int]:
        printed = self._git("cat-file", "--batch-check", given="".join(f"{blob}\n" for blob in ids)) if ids else ""
        lines = [line.split() for line in printed.splitlines()]
        return {words[0]: int(words[2]) for words in lines if words[1:] and words[1] == "blob"}

    def _blob(self, blob: str) -> bytes:
        return self._run("cat-file", "blob", blob).data

    def _git(self, *arguments: str, given: str | None = None, label: str = "") -> str:
        done = self._run(*arguments, given=given)
        if done.exit_status:
            raise KitError(f"{label or self.location}: cannot be read: {done.message}")
        return done.text

    def _run(self, *arguments: str, given: str | None = None) -> GitOutput:
        return run_git(self._scratch, *CAREFULLY, *arguments, given=given, elsewhere=True)


def _repository_of(reference: Reference) -> tuple[str, str]:
    """A repository's location, and the reference's path in it (ending in a slash, or empty)."""
    if not reference.is_folder:
        return reference.location, ""
    done = run_git(Path(reference.location), "rev-parse", "--show-toplevel", "--show-prefix", elsewhere=True)
    if done.exit_status:  # a bare one
        return reference.location, ""
    top, prefix = [*done.text.splitlines(), ""][:2]
    return top, prefix


def is_repository(reference: Reference) -> bool:
    """Whether a reference is a Git repository, so that it has commits."""
    if not reference.is_folder:
        return True
    folder = Path(reference.location)
    asked = ["rev-parse", "--verify", "--quiet", "HEAD"]
    return folder.is_dir() and run_git(folder, *asked, elsewhere=True).exit_status == 0


@contextmanager
def git_source(reference: Reference) -> Iterator[GitSource]:
    """The source of a reference, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="kit-source-") as scratch:
        yield GitSource(reference, Path(scratch))

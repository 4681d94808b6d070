"""A Git repository's refs and commits, read by Git itself; works in bare, shallow and empty clones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kit.errors import KitError
from kit.git.command import GitOutput, run_git

EXPERIMENTS = "refs/exps/"
# What DVC keeps under refs/exps in addition to the experiments themselves (dvc.repo.experiments.refs).
BOOKKEEPING = tuple(EXPERIMENTS + name for name in ("stash", "apply", "celery", "exec", "temp"))
RESULTS = ("refs/heads", "refs/remotes", "refs/tags", "refs/exps")
FIELDS = "%H%x00%T%x00%P%x00%ct%x00%an <%ae>%x00%s"


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; `time` is when it was committed, in seconds since the epoch."""

    id: str
    tree: str
    parents: tuple[str, ...]
    time: int
    author: str
    subject: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A branch, tag or DVC experiment: its full name and its commit."""

    name: str
    commit: str

    @property
    def kind(self) -> str:
        """branch, tag or experiment."""
        if self.name.startswith(EXPERIMENTS):
            return "experiment"
        return "tag" if self.name.startswith("refs/tags/") else "branch"

    @property
    def order(self) -> tuple[int, str]:
        """Branches first, then tags, then experiments, each by name."""
        return ("branch", "tag", "experiment").index(self.kind), self.name

    @property
    def label(self) -> str:
        """As users write it; an experiment by its name alone."""
        if self.kind == "experiment":
            return self.name.split("/", 4)[-1]
        return self.name.removeprefix("refs/").partition("/")[2]


@dataclass(frozen=True)
class Repository:
    """The folder where Git runs, and the project's path in the repository: `prefix` is empty or ends with a slash."""

    folder: Path
    prefix: str
    bare: bool
    shallow: bool

    @cached_property
    def refs(self) -> list[Ref]:
        """Every branch, tag and experiment with a commit."""
        fields = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
        found = []
        for line in self.git("for-each-ref", f"--format={fields}", *RESULTS).splitlines():
            name, kind, target, peeled_kind, peeled = line.split("\0")
            commit = target if kind == "commit" else peeled if peeled_kind == "commit" else ""
            if commit and not name.startswith(BOOKKEEPING) and not name.endswith("/HEAD"):
                found.append(Ref(name, commit))
        return found

    @property
    def head(self) -> str | None:
        """The commit checked out; None in a repository without commits."""
        done = self._run("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return done.text.strip() or None

    def commit_id(self, revision: str) -> str:
        """The commit of a branch, tag, hash or experiment.

        Raises:
            KitError: there is none, or several experiments have this name.
        """
        done = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        # Some versions of Git echo --end-of-options.
        found = done.text.split()
        if done.exit_status == 0 and found:
            return found[-1]
        experiments = {ref.commit for ref in self.refs if ref.kind == "experiment" and ref.label == revision}
        if len(experiments) == 1:
            return experiments.pop()
        if experiments:
            raise KitError(f"{revision}: {len(experiments)} experiments have this name; give the commit of one")
        hint = "; the clone is shallow: `git fetch --unshallow` brings the rest" if self.shallow else ""
        raise KitError(f"{revision}: no such revision, branch, tag or experiment{hint}")

    def commits(self, starts: Sequence[str]) -> Iterator[Commit]:
        """Every commit that can be reached from the given ones, newest first."""
        text = self.git("log", "--no-show-signature", f"--format={FIELDS}", "--stdin", given="\n".join(starts) + "\n")
        for line in text.split("\n"):
            if line:
                commit, tree, parents, time, author, subject = line.split("\0", 5)
                yield Commit(commit, tree, tuple(parents.split()), int(time), author, subject)

    def ignored(self, paths: Iterable[str]) -> set[str]:
        """The given paths in the working tree that .gitignore excludes."""
        done = self._run("check-ignore", "--stdin", "-z", given="".join(f"{path}\0" for path in paths))
        return set(filter(None, done.text.split("\0")))

    def git(self, *arguments: str, given: str | None = None) -> str:
        """What a git command prints.

        Raises:
            KitError: it fails; the message is Git's.
        """
        done = self._run(*arguments, given=given)
        if done.exit_status:
            raise KitError(f"git {arguments[0]}: {done.message}")
        return done.data.decode(errors="replace")

    def _run(self, *arguments: str, given: str | None = None) -> GitOutput:
        return run_git(self.folder, *arguments, given=given)


def open_repository(folder: Path) -> Repository:
    """The repository of a folder.

    Raises:
        KitError: the folder is in none, or Git is missing.
    """
    asked = ["--is-bare-repository", "--is-shallow-repository", "--absolute-git-dir", "--show-prefix"]
    done = run_git(folder, "rev-parse", *asked)
    if done.exit_status:
        why = done.message if _has_traces(folder) else "is not in a Git repository; change into a clone"
        raise KitError(f"{folder}: {why}")
    bare, shallow, directory, *prefix = done.text.splitlines()
    if bare == "true":
        return Repository(Path(directory), "", True, shallow == "true")
    return Repository(folder, prefix[0] if prefix else "", False, shallow == "true")


def _has_traces(folder: Path) -> bool:
    """Whether a repository is in or above a folder that Git refuses to read: another user's, or a damaged one."""
    return (folder / "HEAD").exists() or any((place / ".git").exists() for place in (folder, *folder.parents))

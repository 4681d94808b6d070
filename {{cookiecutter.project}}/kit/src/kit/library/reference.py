"""Where a module comes from: a Git repository or a folder, and a tag, branch or commit in it."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from kit.errors import KitError
from kit.project.modules_lock import Entry
from kit.project.project import Project

LOCATION = r"(?:https|ssh)://[^/\s@]*@?[^/\s@]+/[^@\s]+|file:///[^@\s]+|[\w.-]+@[\w.-]+:[^@\s]+"
URL = re.compile(rf"(?P<location>{LOCATION})(?:@(?P<rev>\S+))?", re.ASCII)
REVISION = re.compile(r"[\w][\w./+#@-]*", re.ASCII)


@dataclass(frozen=True)
class Reference:
    """SOURCE[@REV]. A folder's location is absolute."""

    location: str
    rev: str | None = None

    @property
    def is_folder(self) -> bool:
        return not URL.fullmatch(self.location)

    def __str__(self) -> str:
        return f"{self.location}@{self.rev}" if self.rev else self.location


def reference_of(entry: Entry, project: Project) -> Reference:
    """Where a module came from; a relative folder is relative to the project."""
    known = Reference(entry.source, entry.rev)
    return replace(known, location=str((project.root / entry.source).resolve())) if known.is_folder else known


def reference_in(text: str, cwd: Path) -> Reference:
    """The reference SOURCE[@REV]; a relative folder is relative to `cwd`.

    Raises:
        KitError: it is neither a URL of an allowed protocol, nor a folder.
    """
    found = URL.fullmatch(text)
    location, rev = (found["location"], found["rev"]) if found else _folder_and_rev(text, cwd)
    if rev is not None and not REVISION.fullmatch(rev):
        raise KitError(f"{text}: {rev!r} is not a tag, branch or commit of it")
    return Reference(location, rev)


def _folder_and_rev(text: str, cwd: Path) -> tuple[str, str | None]:
    """The shortest part before an @ that is a folder; else the whole text."""
    for end in [*(place for place, letter in enumerate(text) if letter == "@" and place), len(text)]:
        if (cwd / text[:end]).is_dir():
            return str((cwd / text[:end]).resolve()), text[end + 1 :] if end < len(text) else None
    raise KitError(f"{text}: no such folder, and no URL that begins with https://, ssh:// or user@host:")

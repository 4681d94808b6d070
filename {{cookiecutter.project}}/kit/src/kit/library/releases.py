"""Which revision of a source is the newest."""

import re
from collections.abc import Mapping

from kit.library.fetch import COMMIT

VERSION = re.compile(r"(?P<prefix>.*?)v?(?P<version>\d+\.\d+\.\d+)", re.ASCII)


def newest(references: Mapping[str, str], rev: str | None) -> tuple[str | None, str]:
    """A revision and its commit: for a tag that is a version the highest of its kind, else the revision itself.

    A tag's kind is the text before its version: `v1.2.0`, `encoder@v1.2.0`. A commit stays the same.
    """
    if rev is None:
        return None, references.get("HEAD", "")
    own = VERSION.fullmatch(rev)
    if own and f"refs/tags/{rev}" in references:
        tags = {name.removeprefix("refs/tags/"): commit for name, commit in references.items() if "refs/tags/" in name}
        found = {tag: VERSION.fullmatch(tag) for tag in tags}
        alike = [tag for tag, match in found.items() if match and match["prefix"] == own["prefix"]]
        best = max(alike, key=lambda tag: tuple(map(int, VERSION.fullmatch(tag)["version"].split("."))))  # type: ignore[index]
        return best, tags[best]
    return rev, commit_of(references, rev) or (rev if COMMIT.fullmatch(rev) else "")


def commit_of(references: Mapping[str, str], rev: str | None) -> str | None:
    """The commit of a revision now; None if the source has no such name."""
    names = ("HEAD",) if rev is None else (f"refs/tags/{rev}", f"refs/heads/{rev}")
    return next((references[name] for name in names if name in references), None)

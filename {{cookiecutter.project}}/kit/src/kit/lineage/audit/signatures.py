"""Whether commits are signed, if the project requires it."""

from collections.abc import Iterator

from kit.git.files import Files
from kit.lineage.audit.finding import AuditFinding, error, unknown
from kit.lineage.history.history import History
from kit.lineage.history.revision import Revision
from kit.project.settings import pyproject

# The letters of git log's %G?; E: cannot be checked. The others are good, some of them expired or of unknown validity.
BAD = {"N": "is not signed", "B": "has a bad signature", "R": "is signed with a revoked key"}


def signature_findings(history: History, revision: Revision, required: bool) -> Iterator[AuditFinding]:
    """Findings on one commit; the working tree has no signature."""
    if not required or revision.commit is None:
        return
    verdict = history.repository.git("log", "-1", "--format=%G?", revision.commit.id).strip()
    if verdict == "E" or (verdict == "N" and _has_signature(history, revision.commit.id)):
        yield unknown("commit", "its signature cannot be checked: the key is not known here")
    elif verdict in BAD:
        yield error("commit", f"{BAD[verdict]}, and pyproject.toml requires signatures ([tool.kit.verify])")


def _has_signature(history: History, commit: str) -> bool:
    """Git also reports a commit as unsigned if it is signed with SSH and there is no list of allowed signers."""
    header = (history.objects.read(commit) or b"").partition(b"\n\n")[0]
    return b"\ngpgsig" in header


def signatures_required(files: Files) -> bool:
    """[tool.kit.verify] signed = true in pyproject.toml."""
    return pyproject(files, "tool", "kit", "verify").get("signed") is True

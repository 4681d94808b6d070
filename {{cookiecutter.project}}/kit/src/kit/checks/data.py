"""Raw data: whether its source and licence are known, and whether downloads are verified."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from kit.dvc.config import unverified_remotes
from kit.git.files import WorkingFiles
from kit.project.diagnostic import WARNING, Diagnostic
from kit.project.raw_data import raw_data
from kit.project.view import View


def data_diagnostics(view: View) -> Iterator[Diagnostic]:
    """Whether every file that DVC tracks has a source and a licence in the README.md in its folder."""
    for data in raw_data(WorkingFiles(view.project.root)).values():
        place = PurePosixPath(data.artifact.path)
        lacks = [name for name, value in (("source", data.source), ("license", data.license)) if value is None]
        if lacks:
            card = (place.parent / "README.md").as_posix()
            message = (
                f"has no {' and no '.join(lacks)}; add `files: {{{place.name}: {{…}}}}` to the front matter of {card}"
            )
            yield Diagnostic(data.tracked_by, 1, message, WARNING)


def remote_diagnostics(view: View) -> Iterator[Diagnostic]:
    """Whether every remote verifies what is downloaded from it."""
    for name in unverified_remotes(view.project.root):
        message = f"remote {name}: does not verify downloads, so that damaged or forged files would be used"
        yield Diagnostic(".dvc/config", 1, f"{message}; `dvc remote modify {name} verify true`", WARNING)

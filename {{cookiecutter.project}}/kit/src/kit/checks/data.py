"""Raw data: where it comes from, and under which licence."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from kit.dvc.config import unverified_remotes
from kit.git.files import WorkingFiles
from kit.project.diagnostic import WARNING, Diagnostic
from kit.project.raw_data import raw_data
from kit.project.view import View


def data_diagnostics(view: View) -> Iterator[Diagnostic]:
    """Every file that DVC tracks has a source and a licence in the README.md beside it."""
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
    """What comes from a remote is held against its hash."""
    for name in unverified_remotes(view.project.root):
        message = (
            f"remote {name}: damaged or forged files would be used unnoticed; `dvc remote modify {name} verify true`"
        )
        yield Diagnostic(".dvc/config", 1, message, WARNING)

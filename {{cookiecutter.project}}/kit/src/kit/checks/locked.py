"""dvc.lock: what DVC recorded of the last run of each stage."""

from kit.formats.documents import read_text
from kit.lineage.history.lockfile import LockReader
from kit.project.project import Project


def locked_deps(project: Project) -> dict[str, set[str]]:
    """Stage to the deps that dvc.lock holds of it; empty where nothing has run.

    Raises:
        KitError: dvc.lock is no YAML, or not DVC's.
    """
    text = read_text(project.root / "dvc.lock", "dvc.lock")
    lock = LockReader().read(text, "dvc.lock") if text else {}
    return {name: {dep.path for dep in execution.deps} for name, execution in lock.items()}

"""dvc.lock: what DVC recorded of the last run of each stage."""

from kit.documents import read_yaml
from kit.errors import KitError
from kit.project import Project


def locked_deps(project: Project) -> dict[str, set[str]]:
    """Stage to the deps that dvc.lock holds of it; empty where nothing has run.

    Raises:
        KitError: dvc.lock is no YAML, or not DVC's.
    """
    path = project.root / "dvc.lock"
    lock = read_yaml(path, "dvc.lock") if path.is_file() else {}
    try:
        stages = lock.get("stages", {}).items()
        return {name: {dep["path"].rstrip("/") for dep in entry.get("deps", [])} for name, entry in stages}
    except (AttributeError, KeyError, TypeError):
        raise KitError("dvc.lock: is not what DVC writes; restore it from Git") from None

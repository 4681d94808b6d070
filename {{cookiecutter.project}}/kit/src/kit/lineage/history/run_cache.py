"""The executions in DVC's run cache."""

from collections.abc import Iterator

import yaml

from kit.dvc.cache import Storage
from kit.formats import yaml12
from kit.lineage.history.lockfile import Execution
from kit.project.stage import stage_run_by


def cached_executions(storage: Storage) -> Iterator[Execution]:
    """Every execution that DVC's run cache could restore."""
    for place in sorted((storage.cache / "runs").glob("??/*/*") if storage.cache else []):
        try:
            document = yaml12.load(place.read_text(encoding="utf-8"))
            yield Execution(stage_run_by(str(document["cmd"])) or "", document)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, AttributeError):
            continue  # DVC, too, skips what it cannot read there

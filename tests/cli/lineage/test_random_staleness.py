"""What the kit calls stale is what DVC runs: random pipelines, one random change, and a real `dvc repro`."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from random_pipelines import RandomPipeline, repro

from kit.lineage import History, StalenessChecker

# Each takes a second or two, so that a usual run tries a third of the 300 cases that RANDOM_PIPELINES=45 tries.
PIPELINES = int(os.environ.get("RANDOM_PIPELINES", "15"))
CLONES, CHANGES = PIPELINES // 3, 5


def outs_in_lock(root: Path) -> dict[str, Any]:
    """Stage to path to hash of its outs, by dvc.lock."""
    stages = yaml.safe_load((root / "dvc.lock").read_text())["stages"]
    return {name: {out["path"]: out["md5"] for out in stage.get("outs", [])} for name, stage in stages.items()}


def assert_agreement(root: Path, without_data: bool, said: str, **options: Any) -> None:
    """Hold the kit's answer against what DVC runs.

    Behind a stage that made what it had made before, DVC runs nothing more; that no answer given in advance can know.
    """
    checker = StalenessChecker(History.of(root), allow_missing=without_data)
    stale = set(checker.stale())
    before = outs_in_lock(root)
    ran, done = repro(root, **options)
    said = f"{said}\n{(root / 'dvc.yaml').read_text()}\nDVC ran {sorted(ran)}, the kit said {sorted(stale)}"
    assert ran <= stale, said
    if not done:  # then what it would have run is not known
        return
    after = outs_in_lock(root)
    cut_off = {name for name in ran if all(after[name].get(out, md5) == md5 for out, md5 in before[name].items())}
    for name in stale - ran:
        found = checker.of(name)
        assert not found.causes, f"{name}: {found}\n{said}"
        assert not found.always, f"{name}: {found}\n{said}"
        assert set(found.upstream) <= cut_off | (stale - ran), f"{name}: {found}\n{said}"


@pytest.fixture
def pipeline(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RandomPipeline:
    """One that has run."""
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    monkeypatch.setenv("EXECUTED", "")
    return RandomPipeline(random.Random(seed), tmp_path / "base")


@pytest.mark.parametrize("seed", range(PIPELINES))
def test_what_is_stale_is_what_dvc_runs(pipeline: RandomPipeline, tmp_path: Path) -> None:
    for number in range(CHANGES):
        root = tmp_path / f"changed{number}"
        said = pipeline.changed(root)
        shutil.rmtree(root / ".dvc/cache/runs", ignore_errors=True)
        assert_agreement(root, False, said)


@pytest.mark.parametrize("seed", range(PIPELINES, PIPELINES + CLONES))
def test_without_data_it_is_what_dvc_runs_in_a_clone(pipeline: RandomPipeline, tmp_path: Path) -> None:
    for number in range(CHANGES):
        root = tmp_path / f"clone{number}"
        said = pipeline.changed(root)
        shutil.rmtree(root / ".dvc/cache")
        shutil.rmtree(root / "out")
        assert_agreement(root, True, said, pull=True, allow_missing=True)

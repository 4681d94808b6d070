"""What can be refused is refused before an environment is built or a process starts."""

from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace

from kit.errors import KitError
from kit.execution.plan import planned
from kit.project.pipeline import Pipeline
from kit.project.project import Project

REFUSALS: dict[str, tuple[Callable[[], object], str, str]] = {
    "a stage that is not there": (
        lambda: replace("dvc.yaml", "  double:", "  triple:"),
        "dvc.yaml",
        "no stage double; stages: triple",
    ),
    "a plain stage": (
        lambda: replace("dvc.yaml", "kit run double", "python double.py"),
        "dvc.yaml",
        "stage double is a plain DVC stage (its cmd is not `kit run`); run `dvc repro double`",
    ),
    "no run.py": (
        lambda: Path("modules/doubler/run.py").unlink(),
        "modules/doubler/run.py",
        "is missing; it must define run(inputs, outputs, params)",
    ),
    "no raw data": (
        lambda: Path("data/numbers.csv").unlink(),
        "data/numbers.csv",
        "is missing; fetch it with `dvc pull`, or add it with `dvc add`",
    ),
    "raw data that violates its contract": (
        lambda: replace("data/numbers.csv", "1", "-1"),
        "data/numbers.csv",
        "violates contracts/numbers.yaml: ",
    ),
    "a wrong parameter": (
        lambda: replace("params.yaml", "2", "0"),
        "params.yaml",
        "doubler.factor: 0 is less than the minimum of 1",
    ),
    "no contract": (
        lambda: Path("contracts/numbers.yaml").unlink(),
        "contracts/numbers.yaml",
        "is missing",
    ),
    "no lock": (
        lambda: Path("modules/doubler/requirements.txt").unlink(),
        "modules/doubler/requirements.txt",
        "is missing; run `kit lock doubler`",
    ),
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where environments would be built."""
    monkeypatch.setenv("KIT_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(("change", "file", "message"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_names_the_file_and_builds_nothing(
    change: Callable[[], object], file: str, message: str, project: Path, cache: Path
) -> None:
    change()
    with pytest.raises(KitError) as error, planned(Pipeline(Project(project)), "double"):
        pass
    assert error.value.file == file
    assert error.value.message.startswith(message)
    assert not list(cache.glob("environments/*/environment.json"))
    assert not (project / "artifacts").exists()


def test_an_input_that_a_stage_makes_names_the_stage(project: Path) -> None:
    replace("dvc.yaml", "stages:\n", "stages:\n  count:\n    cmd: python count.py\n    outs: [data/numbers.csv]\n")
    Path("data/numbers.csv").unlink()
    with pytest.raises(KitError) as error, planned(Pipeline(Project(project)), "double"):
        pass
    assert str(error.value) == "data/numbers.csv: is missing; run `dvc repro count`"


def test_a_plan_holds_what_the_run_needs(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_ENV", "host")
    replace("params.yaml", "{factor: 2}", "{factor: 2, device_class: cpu}")
    with planned(Pipeline(Project(project)), "double") as plan:
        assert plan.module.name == "doubler"
        assert plan.params == {"factor": 2}
        assert plan.inputs == {"numbers": project / "data/numbers.csv"}
        assert set(plan.contracts) == {"numbers"}
        assert plan.device.kind == "cpu"

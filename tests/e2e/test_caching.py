"""What reruns, and what does not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_project import Baked
from places import ROOT

BUILT = Callable[[], dict[str, float]]


def test_a_second_run_executes_nothing(project: Baked) -> None:
    assert project.executed("dvc", "repro") == []


def test_the_demo_can_be_run_again(project: Baked) -> None:
    shown = project.run("sh", str(ROOT / "tools/demo.sh"), str(project.root))
    assert "Running stage" not in shown
    assert "transfer.accuracy" in shown
    assert shown.count("Data and pipelines are up to date.") == 2


@pytest.mark.parametrize("file", ["README.md", "test_module.py", "__pycache__/run.cpython-311.pyc"])
def test_editing_a_card_or_a_test_reruns_nothing(file: str, project: Baked) -> None:
    path = project.root / "modules/encoder_conv" / file
    path.parent.mkdir(exist_ok=True)
    path.open("a").write("# edited\n")
    assert project.executed("dvc", "repro") == []


def test_editing_a_lock_reruns_its_stage_and_skips_whom_it_did_not_change(project: Baked) -> None:
    project.append("modules/baseline_scratch/requirements.txt", "# edited\n")
    assert project.executed("dvc", "repro") == ["baseline"]


def test_editing_a_module_reruns_its_stage_and_descendants_only(project: Baked) -> None:
    run = project.root / "modules/adapter_whiten/run.py"
    run.write_text(run.read_text().replace("1e-3 * variances.mean()", "1e-2 * variances.mean()"))
    assert project.executed("dvc", "repro") == ["adapt", "train", "predict", "evaluate", "gate", "bundle"]


def test_an_experiment_elsewhere_finds_the_environments(project: Baked, environments: BUILT) -> None:
    before = environments()
    executed = project.executed("dvc", "exp", "run", "--temp", "-S", "adapter_whiten.shrinkage=0.5")
    assert executed == ["adapt", "train", "predict", "evaluate", "gate", "bundle"]
    assert environments().items() >= before.items()  # another worker may build one of its own


def test_queued_experiments_build_no_environment_twice(project: Baked, tmp_path: Path) -> None:
    project.run("dvc", "exp", "run", "--queue", "-S", "adapter_whiten.shrinkage=0.5,0.6", "gate")
    project.run("dvc", "exp", "run", "--run-all", KIT_CACHE_DIR=str(tmp_path / "kit-cache"))
    experiments = project.run("dvc", "exp", "list", "--name-only").split()
    logs = "".join(project.run("dvc", "queue", "logs", name) for name in experiments)
    built = list((tmp_path / "kit-cache/environments").glob("*/environment.json"))
    assert len(built) == logs.count("kit: environment ready") > 3
    assert "0.6" in project.run("dvc", "exp", "show", "--csv")


def test_a_killed_stage_is_simply_run_again(project: Baked) -> None:
    before = project.hashes()
    shutil.rmtree(project.root / ".dvc/cache/runs", ignore_errors=True)
    run = project.root / "modules/adapter_whiten/run.py"
    good = run.read_text()
    run.write_text(good.replace("    table = pd", "    import os\n    os.kill(os.getppid(), 9)\n    table = pd"))
    failed = project.run("dvc", "repro", check=False)
    assert "failed to reproduce 'adapt'" in failed
    run.write_text(good)
    project.run("dvc", "checkout")
    assert project.executed("dvc", "repro") == []
    assert project.hashes() == before

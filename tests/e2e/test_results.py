"""What the default pipeline finds."""

import os
import re
import subprocess
from pathlib import Path

from e2e_project import STAGES, Baked
from jsonschema import Draft202012Validator

from kit.execution.process import KERNELS
from kit.formats.documents import schema_named

AFTER_THE_ENCODER = ["encode", "adapt", "train", "predict", "evaluate", "drift", "gate", "bundle"]


def test_transfer_beats_training_from_scratch(finished: Baked) -> None:
    metrics = finished.json("artifacts/evaluate/metrics.json")
    assert metrics["transfer"]["accuracy"] > metrics["scratch"]["accuracy"]
    assert metrics["gain"]["low"] <= metrics["gain"]["accuracy"] <= metrics["gain"]["high"]


def test_calibration_lowers_the_calibration_error(finished: Baked) -> None:
    transfer = finished.json("artifacts/evaluate/metrics.json")["transfer"]
    assert transfer["ece"] < 0.5 * transfer["ece_uncalibrated"]


def test_the_clean_sample_passes_and_planted_shifts_are_flagged(finished: Baked) -> None:
    report = finished.json("artifacts/drift/drift.json")
    assert {name: sample["drifted"] for name, sample in report.items()} == {
        "control": False,
        "shifted": True,
        "subpopulation": True,
    }


def test_the_gate_accepts_the_default(finished: Baked) -> None:
    assert finished.json("artifacts/gate/decision.json") == {"accepted": True, "reasons": []}


def test_what_the_readme_says_to_try_works(project: Baked) -> None:
    """Every command, in order, and what it says beside it."""
    readme = (project.root / "README.md").read_text()
    lines = readme.partition("## Try this\n\n```sh\n")[2].partition("```")[0].splitlines()
    before = project.hashes()

    assert project.executed("sh", "-c", lines.pop(0)) == AFTER_THE_ENCODER  # only what depends on it runs
    assert project.json("artifacts/encode/run.json")["module"]["name"] == "encoder_pca"
    assert project.hashes() != before

    assert project.executed("sh", "-c", lines.pop(0)) == []  # going back runs nothing
    assert project.json("artifacts/encode/run.json")["module"]["name"] == "encoder_conv"
    assert project.hashes() == before

    project.run("sh", "-c", lines.pop(0))  # a random encoder: the gate rejects it, with reasons
    decision = project.json("artifacts/gate/decision.json")
    assert not decision["accepted"]
    assert any("accuracy" in reason for reason in decision["reasons"])
    assert any("gain" in reason for reason in decision["reasons"])

    for line in lines:
        project.run("sh", "-c", line)
    kept = project.run("dvc", "exp", "show", "--csv")  # all four combinations
    for choice in ("encoder_conv", "encoder_pca", "head_linear", "head_mlp"):
        assert choice in kept


def test_the_other_adapter_works(project: Baked) -> None:
    project.run("dvc", "exp", "run", "-S", "slots.adapter=adapter_identity")
    assert project.json("artifacts/evaluate/metrics.json")["transfer"]["accuracy"] > 0.8


def test_every_stage_is_recorded(finished: Baked) -> None:
    for stage in STAGES:
        record = finished.json(f"artifacts/{stage}/run.json")
        assert record["stage"] == stage
        assert record["environment"]["kind"] == "lock"
        assert record["environment"]["installed"]["differs_from_lock"] == []
        assert record["isolation"] == "landlock"
        assert kernels_of_this_shell().items() <= record["determinism"]["variables"].items()
        assert not list(Draft202012Validator(schema_named("run")).iter_errors(record))
        assert all(Path(finished.root, entry["path"]).exists() for entry in record["outputs"].values())


def kernels_of_this_shell() -> dict[str, str]:
    """What `make test-elsewhere` sets so that other digits come out."""
    return {name: os.environ[name] for name in KERNELS if name in os.environ}


def test_everything_again_gives_identical_hashes(project: Baked) -> None:
    before = project.hashes()
    assert project.executed("dvc", "repro", "--force") == STAGES
    assert project.hashes() == before


def test_metrics_and_plots_are_shown(project: Baked, tmp_path: Path) -> None:
    assert "transfer.accuracy" in project.run("dvc", "metrics", "show")
    project.run("dvc", "plots", "show", "--out", str(tmp_path / "plots"))
    page = (tmp_path / "plots/index.html").read_text()
    assert "Reliability" in page
    assert "Confusion" in page


def test_style_types_modules_and_hooks_are_clean(project: Baked) -> None:
    (project.root / ".venv").symlink_to(project.tools.parent)
    project.run("make", "lint")
    project.run("pre-commit", "run", "--all-files")
    assert project.run("git", "status", "--porcelain") == ""


def test_locks_are_current_and_on_the_public_index(project: Baked) -> None:
    """Resolving again must keep every version: an index that lacked one would make uv choose another."""
    names = ["source_digits", "adapter_whiten", "head_linear", "drift_ks", "encoder_conv", "gate_thresholds"]
    pins = {name: versions(project.root / f"modules/{name}/requirements.txt") for name in names}
    project.run("kit", "lock", *names)
    assert {name: versions(project.root / f"modules/{name}/requirements.txt") for name in names} == pins


def versions(lock: Path) -> list[str]:
    pins = [line.split()[0] for line in lock.read_text().splitlines() if line[:1].isalpha()]
    assert not any("+" in pin for pin in pins)
    return pins


def test_the_readme_shows_the_graph_of_dvc_yaml(project: Baked) -> None:
    graph = project.run("kit", "graph")
    assert graph in (project.root / "README.md").read_text()
    text = (project.root / "dvc.yaml").read_text()
    (project.root / "dvc.yaml").write_text(
        text.replace("  drift:\n", "  drifting:\n").replace("run drift", "run drifting")
    )
    assert "README.md:1: shows an old module graph; run `kit graph --write`" in project.run("kit", "check", check=False)
    project.run("kit", "graph", "--write")
    assert "README.md" not in project.run("kit", "check", check=False)


def test_a_push_stores_the_data_and_a_clone_gets_it_back(project: Baked, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", str(tmp_path / "git")], check=True)
    project.run("dvc", "remote", "add", "--default", "storage", str(tmp_path / "store"))
    project.commit("Add a remote")
    (project.root / ".venv").symlink_to(project.tools.parent)
    project.run("git", "remote", "add", "origin", str(tmp_path / "git"))
    project.run("git", "push", "--quiet", "origin", "main")
    subprocess.run(["git", "clone", "--quiet", str(tmp_path / "git"), str(tmp_path / "clone")], check=True)
    clone = Baked(tmp_path / "clone", project.tools)
    assert clone.executed("dvc", "repro", "--pull", "--allow-missing") == []
    clone.run("dvc", "pull")
    assert clone.hashes() == project.hashes()
    assert clone.run("dvc", "status").strip() == "Data and pipelines are up to date."


def test_the_matrix_measures_what_fits_and_computes_nothing_twice(project: Baked) -> None:
    shown = project.run("kit", "matrix")
    assert "| adapter | adapter_ridge" in shown
    assert re.search(r"no: .*input port reference of adapter_ridge has no file in deps", shown)
    first = project.run("kit", "matrix", "head", "--measure")
    assert "Running stage 'encode'" not in first
    assert first.count("Running stage 'train'") <= 1  # head_mlp; head_linear ran before
    page = (project.root / "docs/matrix.md").read_text()
    assert "| head        | transfer.accuracy | seconds | verdict  |\n" in page
    accuracy = project.json("artifacts/evaluate/metrics.json")["transfer"]["accuracy"]
    assert f"| head_linear | {accuracy:.3f} " in page
    assert re.search(r"\| head_linear \|.*\| accepted +\|", page)
    assert re.search(r"\| head_mlp +\|.*\| (accepted|rejected) +\|", page)
    again = project.run("kit", "matrix", "head", "--measure")
    assert "Running stage" not in again
    assert (project.root / "docs/matrix.md").read_text() == page

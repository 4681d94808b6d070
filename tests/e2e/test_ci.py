"""The generated workflows' own steps, in fresh clones, for the four kinds of changes."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_project import EXECUTED, STAGES, Baked
from places import SOURCE
from workflows import Job

from kit.formats.documents import read_yaml

CONTEXT = {
    "github.base_ref": "main",
    "secrets.DVC_READ_CONFIG": "",
    "secrets.DVC_REMOTE_CONFIG": "",
    "github.token": "token",
    "github.actor": "ana",
}
Change = Callable[[Callable[[Baked], None]], Baked]


@pytest.fixture(scope="module")
def origin(finished: Baked, tmp_path_factory: pytest.TempPathFactory) -> Baked:
    """The finished project, pushed: Git to a bare repository, data and run cache to a folder."""
    folder = tmp_path_factory.mktemp("origin")
    shutil.copytree(finished.root, folder / "work", symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    work = Baked(folder / "work", finished.tools)
    work.run("dvc", "remote", "add", "--default", "storage", str(folder / "storage"))
    work.run("dvc", "remote", "modify", "storage", "verify", "true")
    work.commit("Name a remote")
    work.run("dvc", "push", "--run-cache")
    work.run("git", "clone", "--quiet", "--bare", ".", str(folder / "project.git"))
    work.run("git", "remote", "add", "origin", str(folder / "project.git"))
    work.run("git", "fetch", "--quiet", "origin")
    return work


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that each job's `uv sync` finds, as a runner with a cache does, with the bytecode of what ran."""
    folder = tmp_path_factory.mktemp("runner") / "environment"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, folder], check=True)
    return folder


@pytest.fixture
def proposed(origin: Baked, environment: Path, tmp_path: Path) -> Change:
    """A fresh clone of a branch with one change on it."""

    def propose(change: Callable[[Baked], None]) -> Baked:
        origin.run("git", "switch", "--quiet", "--force-create", "change", "origin/main")
        change(origin)
        origin.commit("Change")
        origin.run("git", "push", "--quiet", "--no-verify", "--force", "origin", "change")
        origin.run("git", "switch", "--quiet", "main")
        origin.run("dvc", "checkout", "--quiet")
        url = str(origin.root.parent / "project.git")
        origin.run("git", "clone", "--quiet", "--branch", "change", url, str(tmp_path / "clone"))
        (tmp_path / "clone/.venv").symlink_to(environment)
        return Baked(tmp_path / "clone", tmp_path / "clone/.venv/bin")

    return propose


def job(clone: Baked, workflow: str = "check.yml", name: str = "check", **variables: str) -> Job:
    return Job(clone.root, workflow, name, CONTEXT, variables).run()


def executed(done: Job) -> list[str]:
    return EXECUTED.findall(done.printed)


def pulled(clone: Baked) -> list[Path]:
    """Contents that came from the remote."""
    return [path for path in clone.root.glob(".dvc/cache/files/**/*") if path.is_file()]


def test_documentation_runs_nothing_and_fetches_nothing(proposed: Change) -> None:
    clone = proposed(lambda work: work.append("docs/audit.md", "\nMore.\n"))
    done = job(clone)
    assert done.failed == [], done.printed
    assert executed(done) == []
    assert pulled(clone) == []
    assert "no module differs from origin/main" in done.said["Test the modules that changed"]
    report = done.summary.read_text()
    assert "## Gate: accepted" in report
    assert f"{len(STAGES)} of {len(STAGES)} stages are as in origin/main" in report


def test_the_workflow_for_gpus_finds_nothing_to_do(proposed: Change) -> None:
    done = job(proposed(lambda work: work.append("docs/audit.md", "\nMore.\n")), "gpu.yml", "train")
    assert done.failed == [], done.printed
    assert "No stage waits for a GPU." in done.printed
    assert executed(done) == []


@pytest.mark.parametrize("name", ["check", "publish"])
def test_the_jobs_of_gitlab_run_nothing_for_documentation(name: str, proposed: Change) -> None:
    """The lines of both, as the runner's shell gets them."""
    clone = proposed(lambda work: work.append("docs/audit.md", "\nMore.\n"))
    document = read_yaml(SOURCE / "choices/gitlab/gitlab-ci.yml", "")
    lines = [*document[".set-up"]["before_script"], *document[name]["script"]]
    given = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "DVC_REMOTE_CONFIG": "", "GITLAB_TOKEN": ""}
    said = clone.run("bash", "-e", "-c", "\n".join(lines), **given)
    assert EXECUTED.findall(said) == []
    assert "artifacts/gate/decision.json: accepted" in said


def test_a_changed_head_is_tested_and_run_with_what_follows(proposed: Change) -> None:
    def change(work: Baked) -> None:
        run = work.root / "modules/head_linear/run.py"
        run.write_text(run.read_text().replace("LogisticRegression(C=params", "LogisticRegression(tol=1e-3, C=params"))

    done = job(proposed(change))
    assert done.failed == [], done.printed
    assert executed(done) == ["train", "predict", "evaluate", "gate", "bundle"]
    tested = done.said["Test the modules that changed"]
    assert tested.startswith("== head_linear\n")
    assert tested.endswith("1 modules pass\n")
    report = done.summary.read_text()
    assert "| train    | ran here, " in report
    assert "7 of 12 stages are as in origin/main" in report
    assert "modules/head_linear" in report
    assert "dvc.lock is not that of the commit" in report


def test_changed_raw_data_runs_everything(proposed: Change) -> None:
    def change(work: Baked) -> None:
        data = work.root / "data/raw/digits.csv"
        data.unlink()  # it may be a link into the cache
        work.run("dvc", "checkout", "--quiet", "data/raw/digits.csv.dvc")
        lines = data.read_text().splitlines(keepends=True)
        data.unlink()
        data.write_text("".join(lines[:-40]))
        work.run("dvc", "add", "--quiet", "data/raw/digits.csv")
        work.run("dvc", "push", "--quiet")

    done = job(proposed(change))
    assert executed(done) == STAGES
    assert "data/raw/digits.csv" in done.summary.read_text()
    assert done.failed == [], done.printed


def test_a_worse_model_fails_with_the_reasons(proposed: Change) -> None:
    def change(work: Baked) -> None:
        params = work.root / "params.yaml"
        params.write_text(params.read_text().replace("epochs: 60", "epochs: 0"))

    done = job(proposed(change))
    assert done.failed == ["Judge"]
    assert "rejected: accuracy 0." in done.said["Judge"]
    report = done.summary.read_text()
    assert "## Gate: rejected\n\n- accuracy 0." in report
    assert "| artifacts/evaluate/metrics.json:transfer.accuracy " in report
    assert "params.yaml: encoder_conv.epochs: 60 → 0" in report


def test_a_mistake_is_shown_at_its_line(proposed: Change) -> None:
    def change(work: Baked) -> None:
        params = work.root / "params.yaml"
        params.write_text(params.read_text().replace("  shots: 3\n", "  shot: 3\n"))

    done = job(proposed(change))
    assert done.failed[0] == "Check modules, contracts and wiring"
    assert "::error file=params.yaml,line=" in done.printed
    assert "Run what changed, restore the rest" in done.skipped


def test_a_stage_that_needs_a_gpu_waits_and_says_so(proposed: Change) -> None:
    def change(work: Baked) -> None:
        for old, new in (("device: any", "device: cuda"), ("version: 1.1.0", "version: 1.1.1")):
            path = work.root / "modules/encoder_conv/module.yaml"
            path.write_text(path.read_text().replace(old, new))

    clone = proposed(change)
    done = job(clone)
    assert done.failed[0] == "Run what changed, restore the rest"
    assert executed(done) == ["encode"]  # refused before it starts
    report = done.summary.read_text()
    assert re.search(r"\| encode +\| \*\*waits for a GPU\*\*", report)
    assert "## Gate: not decided" in report
    assert clone.run("kit", "stages", "--device", "cuda", "--stale") == "encode\n"


def fake_gh(folder: Path) -> dict[str, str]:
    """A gh that only notes what it was asked; everything else is real."""
    folder.mkdir()
    (folder / "gh").write_text(f'#!/bin/sh\necho "$*" >> "{folder}/asked"\n')
    (folder / "gh").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_what_is_merged_is_kept_and_registered(proposed: Change, origin: Baked, tmp_path: Path) -> None:
    def change(work: Baked) -> None:
        params = work.root / "params.yaml"
        params.write_text(params.read_text().replace("C: 1.0", "C: 0.7"))
        work.run("dvc", "repro")
        work.run("dvc", "push")  # as the hook of Git does; the run cache comes with the job

    clone = proposed(change)
    done = job(clone, "main.yml", "publish", **fake_gh(tmp_path / "bin"))
    assert done.failed == [], done.printed
    assert executed(done) == []
    assert (clone.root / "report.html").is_file()
    assert "digits@v1.0.0: registered, pushed to origin" in done.said["Register the models"]
    assert "ana <ana@users.noreply.github.com>" in clone.run("kit", "registry")
    assert "refs/tags/digits@v1.0.0" in origin.run("git", "ls-remote", "--tags", "origin")

"""Generated projects: which files, what is in them, and how generation ends on odd machines."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from places import SOURCE, as_a_user

from kit.formats.documents import read_yaml

Render = Callable[..., "subprocess.CompletedProcess[str]"]

# Everything the template holds; what a choice adds waits in choices/.
SHIPPED = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*") if path.is_file()}
SHIPPED = {name for name in SHIPPED if "__pycache__" not in name and "_cache/" not in name}
GITHUB_FILES = SOURCE / "choices/github"
EXAMPLE = {name for name in SHIPPED if name.startswith(("modules/", "contracts/"))} | {
    "data/raw/digits.csv",
    "data/README.md",
    "data/production/none.txt",
}
GITHUB = {f".github/{path.relative_to(GITHUB_FILES).as_posix()}" for path in GITHUB_FILES.rglob("*") if path.is_file()}
GITLAB = {".gitlab-ci.yml", ".gitlab/comment.py"}
CI: dict[str, set[str]] = {"github": GITHUB, "gitlab": GITLAB, "both": GITHUB | GITLAB, "none": set()}
ORIGIN = {".cruft.json"}  # what `cruft update` needs


def expected(example: str = "digits", ci: str = "github") -> set[str]:
    """The files of a project before any set-up."""
    common = {name for name in SHIPPED if not name.startswith("choices/")} | {"LICENSE"} | ORIGIN
    return (common if example == "digits" else common - EXAMPLE) | CI[ci]


def committed(example: str = "digits", ci: str = "github") -> set[str]:
    """The files in Git once the set-up is done."""
    data = {"data/raw/digits.csv.dvc", "data/raw/.gitignore", "data/production.dvc", "data/.gitignore"}
    untracked = {"data/raw/digits.csv", "data/production/none.txt"}
    return expected(example, ci) - untracked | (data if example == "digits" else set()) | {"uv.lock"}


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def git(project: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", *arguments], cwd=project, text=True).strip()


def only(folder: Path, *programs: str) -> str:
    """A PATH with these programs alone."""
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found
        (folder / program).symlink_to(found)
    return str(folder)


def failing_uv(folder: Path) -> dict[str, str]:
    """Variables with a uv that does nothing, so that nothing is installed: what does not need it takes a second."""
    folder.mkdir()
    (folder / "uv").write_text("#!/bin/sh\nexit 1\n")
    (folder / "uv").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def assert_complete(project: Path, **answers: str) -> None:
    """The set-up is finished: everything is committed, and the data is under DVC."""
    assert set(git(project, "ls-files").splitlines()) == committed(**answers)
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "branch", "--show-current") == "main"
    assert {"pre-commit", "pre-push", "post-checkout"} <= {path.name for path in (project / ".git/hooks").iterdir()}


@pytest.mark.parametrize("licence", ["MIT", "Apache-2.0", "BSD-3-Clause", "proprietary"])
def test_rendering_gives_exactly_these_files(licence: str, render: Render, template: Path, tmp_path: Path) -> None:
    from cookiecutter.main import cookiecutter

    answers = {"license": licence, "author": "Ana O'Brien & <Søn>"}
    cookiecutter(str(template), no_input=True, default_config=True, extra_context=answers, output_dir=tmp_path,
                 accept_hooks=False)  # fmt: skip
    assert files_in(tmp_path / "my-project") == SHIPPED


@pytest.mark.parametrize("licence", ["MIT", "Apache-2.0", "BSD-3-Clause", "proprietary"])
@pytest.mark.parametrize("ci", ["github", "gitlab", "both", "none"])
@pytest.mark.parametrize("example", ["digits", "blank"])
def test_every_combination_gives_exactly_its_files(
    example: str, ci: str, licence: str, render: Render, tmp_path: Path
) -> None:
    """With the hooks, and a uv that fails at once, so that nothing is installed."""
    done = render(example=example, ci=ci, license=licence, env=failing_uv(tmp_path / "bin"))
    assert "its set-up is not finished: `uv lock` failed" in done.stdout, done.stderr
    project = tmp_path / "my-project"
    assert {name for name in files_in(project) if not name.startswith(".git/")} == expected(example, ci)
    first_words = {"MIT": "MIT License", "Apache-2.0": "Apache License", "BSD-3-Clause": "BSD 3-Clause"}
    assert first_words.get(licence, "All rights reserved") in (project / "LICENSE").read_text()


def test_a_newcomer_finds_these_and_no_others(render: Render, tmp_path: Path) -> None:
    render(env=failing_uv(tmp_path / "bin"))
    project = tmp_path / "my-project"
    shown = {path.name for path in project.iterdir() if not path.name.startswith(".")}
    assert shown == {
        *("CODEOWNERS", "LICENSE", "Makefile", "README.md", "contracts", "data", "docs", "dvc.yaml", "kit", "modules"),
        *("params.yaml", "pyproject.toml", "templates"),
    }
    assert {path.name for path in (project / "modules").iterdir()} == {
        *(
            "source_digits",
            "split_few_shot",
            "encoder_conv",
            "encoder_hub",
            "encoder_pca",
            "adapter_whiten",
            "adapter_identity",
        ),
        *("adapter_ridge", "head_linear", "head_mlp", "predict_head", "baseline_scratch", "evaluate_transfer"),
        *("drift_ks", "gate_thresholds", "bundle_torch", "predict_bundle"),
    }
    assert files_in(project / "modules/gate_thresholds") == {
        *("README.md", "module.yaml", "requirements.in", "requirements.txt", "run.py", "test_module.py"),
    }


@pytest.mark.parametrize("path", sorted((SOURCE / "modules").iterdir()), ids=lambda path: path.name)
def test_every_module_has_a_complete_card(path: Path, render: Render, tmp_path: Path) -> None:
    render(hooks=False, email="ana@example.com")
    text = (tmp_path / "my-project/modules" / path.name / "README.md").read_text()
    (tmp_path / "card.yaml").write_text(text.split("---\n")[1])
    card = read_yaml(tmp_path / "card.yaml", "card.yaml")
    fields = ["summary", "owner", "license", "stability", "provenance", "assumptions", "expected", "failure_modes"]
    assert list(card) == fields
    assert card["owner"] == "ana@example.com"
    assert all(card.values())


def test_nothing_unrendered_is_left_and_everything_parses(render: Render, tmp_path: Path) -> None:
    render(hooks=False, author="Ana O'Brien & <Søn>", remote="s3://bucket/store")
    project = tmp_path / "my-project"
    for name in files_in(project):
        text = (project / name).read_text(encoding="utf-8")
        if name.startswith("templates/"):
            continue  # for `kit new`, which renders them
        assert not re.search(r"\{\{.*cookiecutter|\{%", text), name
        if name.endswith((".yaml", ".yml")):
            read_yaml(project / name, name)
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert metadata["authors"] == [{"name": "Ana O'Brien & <Søn>", "email": "you@example.com"}]
    assert metadata["dependencies"] == ["dvc[s3]==3.67.1", "dvc-module-kit"]


def test_the_answers_are_kept_for_updates(render: Render, template: Path, tmp_path: Path) -> None:
    render(author="Zoë", example="blank")
    project = tmp_path / "my-project"
    origin = json.loads((project / ".cruft.json").read_text())
    assert origin["template"] == str(template)
    assert origin["commit"] == git(template, "rev-parse", "HEAD")
    assert origin["context"]["cookiecutter"]["author"] == "Zoë"
    assert origin["context"]["cookiecutter"]["example"] == "blank"
    assert_complete(project, example="blank")
    subprocess.run(["cruft", "check"], cwd=project, check=True, capture_output=True)


def test_python_is_generated_byte_for_byte(render: Render, tmp_path: Path) -> None:
    render(hooks=False)
    for path in SOURCE.rglob("*.py"):
        assert (tmp_path / "my-project" / path.relative_to(SOURCE)).read_bytes() == path.read_bytes(), path


def test_the_default_answers_make_a_working_repository(render: Render, tmp_path: Path) -> None:
    done = render()
    project = tmp_path / "my-project"
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].strip() == "dvc repro"
    assert_complete(project)
    assert git(project, "log", "--format=%an <%ae> %s") == "Your Name <you@example.com> Start from the template"
    subprocess.run(
        ["make", "setup"], cwd=project, env=as_a_user(), check=True, capture_output=True
    )  # again changes nothing
    assert_complete(project)
    assert git(project, "rev-list", "--count", "HEAD") == "1"


def test_the_longest_name_and_every_answer_get_where_they_belong(render: Render, tmp_path: Path) -> None:
    name = "a" * 64
    done = render(project=name, license="proprietary", remote=str(tmp_path / "store"), author="Zoë", email="z@x.org")
    project = tmp_path / name
    assert done.returncode == 0, done.stderr
    assert_complete(project)
    remotes = subprocess.check_output([project / ".venv/bin/dvc", "remote", "list"], cwd=project, text=True)
    assert remotes.split() == ["storage", str(tmp_path / "store"), "(default)"]
    assert "All rights reserved" in (project / "LICENSE").read_text()
    assert 'license = "LicenseRef-Proprietary"' in (project / "pyproject.toml").read_text()
    assert 'owner: "z@x.org"' in (project / "modules/encoder_conv/README.md").read_text()


@pytest.mark.parametrize("project", ["My-Project", "a;rm -rf b", "../x", "class", "1st", "mу-project", "my project"])
def test_a_bad_name_is_refused_and_leaves_nothing(project: str, render: Render, tmp_path: Path) -> None:
    output = tmp_path / "output"
    output.mkdir()
    before = files_in(tmp_path)
    done = render(project=project)
    assert done.returncode != 0
    assert f"ERROR: project: {project!r}" in done.stderr
    assert "Traceback" not in done.stderr
    assert files_in(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == ["output"]


def test_an_empty_name_is_refused_and_leaves_nothing(render: Render, tmp_path: Path) -> None:
    done = render(project="")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_git_identity_can_commit_now_and_later(render: Render, tmp_path: Path) -> None:
    done = render(author="Zoë", env={"GIT_CONFIG_GLOBAL": os.devnull})
    assert "Ready." in done.stdout
    assert git(tmp_path / "my-project", "log", "--format=%cn") == "Zoë"
    assert git(tmp_path / "my-project", "config", "--local", "user.name") == "Zoë"


def test_the_identity_of_a_repository_around_it_does_not_count(render: Render, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    for key in ("user.name", "user.email"):
        git(tmp_path, "config", key, "someone@example.com")
    render(author="Zoë", env=failing_uv(tmp_path / "bin"))
    assert git(tmp_path / "my-project", "config", "--local", "user.name") == "Zoë"


def test_an_identity_that_git_knows_is_left_alone(render: Render, tmp_path: Path) -> None:
    (tmp_path / "gitconfig").write_text("[user]\n\tname = Ana\n\temail = ana@example.com\n")
    render(author="Zoë", env={"GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig")})
    assert git(tmp_path / "my-project", "log", "--format=%an") == "Zoë"
    assert "user." not in git(tmp_path / "my-project", "config", "--local", "--list")


def test_a_machine_without_git_gets_one_clear_error(render: Render, tmp_path: Path) -> None:
    done = render(env={"PATH": only(tmp_path / "bin", "cookiecutter")})
    assert done.returncode != 0
    assert "ERROR: git is not installed or not on PATH; install Git and generate again" in done.stderr
    assert not (tmp_path / "my-project").exists()


def finish_by_hand(project: Path, printed: str) -> None:
    """Run the very commands that generation printed."""
    commands = [line.strip() for line in printed.splitlines() if line.startswith("  ")]
    assert commands[0] == f"cd {project}"
    subprocess.run(["sh", "-ec", "\n".join(commands)], env=as_a_user(), check=True, capture_output=True)


@pytest.mark.parametrize(
    ("trouble", "reason", "how"),
    [
        ("no uv", "uv is not installed or not on PATH", "make setup"),
        ("no network", "`uv lock` failed", "by hand"),
    ],
)
def test_an_unfinished_set_up_says_how_to_finish_it(
    trouble: str, reason: str, how: str, template: Path, render: Render, tmp_path: Path
) -> None:
    if trouble == "no uv":
        # A cookiecutter whose Python has no uv beside it.
        path = only(tmp_path / "bin", "git", "make")
        launch = f"import sys; sys.executable = '{tmp_path}/bin/python'; from cookiecutter.cli import main; main()"
        (tmp_path / "bin/python").symlink_to(shutil.which("python"))
        command = ["python", "-c", launch, str(template), "--no-input", "--default-config", "-o", str(tmp_path)]
        done = subprocess.run(
            command, env={**as_a_user(), "PATH": path, "PYTHONPATH": os.pathsep.join(__import__("sys").path)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    else:
        done = render(env={"UV_INDEX_URL": "http://127.0.0.1:9/simple", "UV_NO_CACHE": "1", "UV_HTTP_RETRIES": "0"})
    project = tmp_path / "my-project"
    assert done.returncode == 0, done.stderr
    assert f"its set-up is not finished: {reason}" in done.stdout
    if how == "make setup":
        subprocess.run(["make", "setup"], cwd=project, env=as_a_user(), check=True, capture_output=True)
    else:
        finish_by_hand(project, done.stdout)
    assert_complete(project)


def test_cruft_creates_and_links_a_project(template: Path, tmp_path: Path) -> None:
    command = ["cruft", "create", str(template), "--no-input", "--default-config", "--output-dir", str(tmp_path)]
    subprocess.run(command, env=as_a_user(), check=True, capture_output=True)
    project = tmp_path / "my-project"
    assert git(project, "status", "--porcelain") == "?? .cruft.json"  # cruft writes its own
    subprocess.run(["cruft", "check"], cwd=project, check=True, capture_output=True)

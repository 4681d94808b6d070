"""A project of the last release, with its owner's changes, takes what is new, and loses nothing."""

import re
import shutil
import subprocess
import tarfile
import tomllib
from io import BytesIO
from pathlib import Path

import pytest
from e2e_project import Baked
from places import ROOT, SOURCE, as_a_user

TESTER = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]


def git(folder: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", *TESTER, *arguments], cwd=folder, text=True).strip()


def last_release() -> str:
    """The commit that brought the heading of the release before this version into the changelog."""
    current = tomllib.loads((SOURCE / "kit/pyproject.toml").read_text())["project"]["version"]
    heads = re.findall(r"^## (\d+\.\d+\.\d+) ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    before = next(head for head in heads if head != current)
    commits = git(ROOT, "log", "--format=%H", f"-S## {before} ", "--", "CHANGELOG.md").split()
    if not commits:
        pytest.skip(f"this clone has no history back to release {before}")
    return commits[-1]


@pytest.fixture(scope="module")
def releases(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as a repository of two commits: the last release, and now."""
    repository = tmp_path_factory.mktemp("releases")
    archive = subprocess.check_output(["git", "archive", last_release()], cwd=ROOT)
    with tarfile.open(fileobj=BytesIO(archive)) as files:
        files.extractall(repository, filter="data")
    git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "last release")
    git(repository, "tag", "old")
    for path in repository.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(template, repository, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "now")
    return repository


@pytest.fixture
def owned(releases: Path, tmp_path: Path) -> Baked:
    """A project of the last release, changed as its owner would."""
    command = ["cruft", "create", str(releases), "--checkout", "old", "--no-input", "--default-config"]
    subprocess.run([*command, "--output-dir", str(tmp_path)], env=as_a_user(), check=True, capture_output=True)
    project = Baked(tmp_path / "my-project", tmp_path / "my-project/.venv/bin")
    project.commit("Remember the template")
    project.run("kit", "new", "filter", "keep_some", "--after", "split:support")
    for path, old, new in [
        ("modules/encoder_conv/run.py", "if (epoch + 1) % 10 == 0:", "if (epoch + 1) % 20 == 0:  # ours"),
        ("params.yaml", "epochs: 60", "epochs: 59  # ours"),
        ("README.md", "# my-project\n", "# my-project\n\nOur own words.\n"),
        ("pyproject.toml", "dependencies = [\n", 'dependencies = [\n  "tabulate",\n'),
        (".gitignore", "# Python\n", "/ours/\n\n# Python\n"),
    ]:
        text = (project.root / path).read_text()
        assert old in text, path
        (project.root / path).write_text(text.replace(old, new))
    project.commit("Make it ours")
    return project


def test_an_update_keeps_everything_and_the_pipeline_runs(owned: Baked, template: Path) -> None:
    mine = ["modules", "contracts", "data", "dvc.yaml", "params.yaml", "README.md", "CODEOWNERS"]
    before = {path: owned.run("git", "rev-parse", f"HEAD:{path}") for path in mine}
    said = owned.run("cruft", "update", "--skip-apply-ask")
    assert "as clean as possible" in said
    status = owned.run("git", "status", "--porcelain")
    assert not re.search(r"\.(rej|orig)$|^(UU|AA|DU|UD) ", status, re.MULTILINE), status
    owned.commit("Update the template")
    assert {path: owned.run("git", "rev-parse", f"HEAD:{path}") for path in mine} == before
    assert '"tabulate"' in (owned.root / "pyproject.toml").read_text()
    assert "/ours/" in (owned.root / ".gitignore").read_text()
    for path in (template / "{{cookiecutter.project}}/kit").rglob("*"):
        inside = path.relative_to(template / "{{cookiecutter.project}}")
        assert path.is_dir() or (owned.root / inside).read_bytes() == path.read_bytes(), inside

    owned.run("make", "setup")
    assert "kit COMMAND" in owned.run("kit", "--help")
    installed = {line.split()[0] for line in owned.run("uv", "pip", "list").splitlines() if line}
    assert "dvc-module-kit" in installed
    assert "kit" not in installed
    assert "no mistakes" in owned.run("kit", "check")
    owned.run("kit", "test", "keep_some", "encoder_conv")
    executed = owned.executed("dvc", "repro")
    assert {"encode", "keep_some", "gate"} <= set(executed)
    assert "accepted" in owned.run("kit", "gate")
    owned.commit("Run")
    assert owned.executed("dvc", "repro") == []
    assert "Nothing to do" in owned.run("cruft", "update", "--skip-apply-ask")

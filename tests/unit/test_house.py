"""docs/architecture.md holds: imports between the kit's rooms go one way."""

import re
from pathlib import Path

import pytest
from house import ROOT, circles, edges, imports_of, picture, reached, rooms, upward
from places import SOURCE

LEVELS = rooms()
KIT = SOURCE / "kit/src/kit"
# What lies beside the rooms: how the command line begins, and the one error.
ENTRANCE = {"__init__", "__main__", "cli", "arguments", "errors", "schemas", "testtools", "py.typed"}


def test_no_import_points_up() -> None:
    assert list(upward(imports_of(), LEVELS)) == []


def test_no_imports_form_a_circle() -> None:
    assert list(circles(imports_of(), LEVELS)) == []


def test_everything_lies_in_a_room_of_the_list() -> None:
    names = {path.stem if path.suffix == ".py" else path.name for path in KIT.iterdir()} - {"__pycache__"}
    assert names <= ENTRANCE | set(LEVELS)


def test_running_a_stage_needs_ten_rooms_at_most() -> None:
    assert len(reached("kit.execution.runner", imports_of(), LEVELS)) <= 10


def test_only_the_room_dvc_imports_dvc() -> None:
    """docs/decisions/dvc.md"""
    wanted = re.compile(r"^\s*(?:from|import) dvc(?:_data|_objects)?\b", re.MULTILINE)
    importing = [path for path in KIT.rglob("*.py") if wanted.search(path.read_text(encoding="utf-8"))]
    assert importing
    assert [path for path in importing if KIT / "dvc" not in path.parents] == []


def test_the_picture_is_that_of_the_imports() -> None:
    page = (ROOT / "docs/architecture.md").read_text()
    assert picture(edges(imports_of(), LEVELS), LEVELS) in page, "run `make architecture`"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Two rooms that import downwards."""
    for path, text in {
        "kit/__init__.py": "",
        "kit/lineage/__init__.py": "",
        "kit/lineage/trace.py": "from kit.formats.digest import sha256_of\n",
        "kit/formats/__init__.py": "",
        "kit/formats/digest.py": "import hashlib\n",
        "kit/git/__init__.py": "",
        "kit/git/files.py": "from kit.formats import digest\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path / "kit"


def test_imports_downwards_are_fine(package: Path) -> None:
    found = imports_of(package)
    assert len(found) == 2
    assert not [*upward(found, LEVELS), *circles(found, LEVELS)]


@pytest.mark.parametrize(
    "line", ["from kit.lineage import trace", "from kit.lineage.trace import sha256_of", "import kit.lineage.trace"]
)
def test_a_planted_import_upwards_is_told_by_file_line_and_rule(package: Path, line: str) -> None:
    (package / "formats/digest.py").write_text(f"import hashlib\n\n\ndef lazy():\n    {line}\n")
    (problem,) = upward(imports_of(package), LEVELS)
    assert problem.startswith(
        "kit/formats/digest.py:5: formats (level 2) imports kit.lineage.trace of lineage (level 6)"
    )
    assert problem.endswith("a room imports its own level or lower ones")


def test_a_planted_circle_of_rooms_on_one_level_is_told(package: Path) -> None:
    (package / "formats/yaml.py").write_text("from kit.git.objects import read\n")
    (package / "git/objects.py").write_text("")
    (problem,) = circles(imports_of(package), LEVELS)
    assert "kit/git/files.py:1" in problem
    assert "kit/formats/yaml.py:1" in problem
    assert problem.endswith("is a circle; imports go one way")


def test_a_planted_circle_of_modules_in_a_room_is_told(package: Path) -> None:
    (package / "git/objects.py").write_text("from kit.git import files\n")
    (package / "git/files.py").write_text("from kit.git.objects import read\n")
    (problem,) = circles(imports_of(package), LEVELS)
    assert "kit.git.files → kit.git.objects → kit.git.files" in problem or "kit.git.objects → kit.git.files" in problem

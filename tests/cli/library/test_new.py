"""`kit new` gives a module that works at once, and changes nothing where it cannot."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace
from places import SOURCE

from kit.formats.documents import read_yaml

from .conftest import tree

Kit = Callable[..., tuple[int, str, str]]
GRAPH = "# mine\n\n<!-- graph: made by `kit graph --write` -->\n<!-- /graph -->\n\nMy words.\n"


@pytest.fixture
def blank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A blank project, not under Git; also the working directory."""
    root = tmp_path / "blank"
    for name in ("dvc.yaml", "params.yaml"):
        root.mkdir(exist_ok=True)
        shutil.copy(SOURCE / "choices/blank" / name, root)
    shutil.copytree(SOURCE / "templates", root / "templates")
    shutil.copy(SOURCE / ".dvcignore", root)
    (root / "README.md").write_text(GRAPH)
    (root / "pyproject.toml").write_text(
        '[project]\nname = "blank"\nlicense = "MIT"\nauthors = [{name = "Ana", email = "ana@example.com"}]\n'
    )
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The digits example, not under Git; also the working directory."""
    root = tmp_path / "digits"
    shutil.copytree(SOURCE, root, ignore=shutil.ignore_patterns("kit", "choices", "__pycache__"))
    for card in root.glob("modules/*/README.md"):
        card.write_text(card.read_text().replace("{{ cookiecutter.email }}", "ana@example.com"))
    replace(root / "pyproject.toml", "{{ cookiecutter.email }}", "ana@example.com")
    replace(root / "CODEOWNERS", "{{ cookiecutter.email }}", "ana@example.com")
    replace(root / "pyproject.toml", "{{ cookiecutter._spdx[cookiecutter.license] }}", "MIT")
    monkeypatch.chdir(root)
    return root


def test_three_modules_from_nothing_each_checked_at_once(blank: Path, kit: Kit) -> None:
    steps = [
        ["source", "numbers"],
        ["filter", "some", "--after", "numbers"],
        ["report", "counts", "--after", "some", "--template", "report"],
    ]
    for step in steps:
        assert kit("new", *step)[0] == 0
        code, out, err = kit("check")
        assert code == 0, out + err
    stages = read_yaml(blank / "dvc.yaml", "dvc.yaml")["stages"]
    assert stages["some"]["deps"] == ["modules/some", "artifacts/numbers/numbers.parquet"]
    assert stages["counts"]["outs"] == ["artifacts/counts/counts.json", "artifacts/counts/run.json"]
    assert "n_some --> n_counts" in (blank / "README.md").read_text()
    assert (blank / "README.md").read_text().endswith("My words.\n")
    assert "/modules/counts/ ana@example.com" in (blank / "CODEOWNERS").read_text()


def test_comments_and_layout_stay(digits: Path, kit: Kit) -> None:
    before = {name: (digits / name).read_text().splitlines() for name in ("dvc.yaml", "params.yaml")}
    assert kit("new", "filter", "some", "--after", "split:support")[0] == 0
    for name, lines in before.items():
        after = (digits / name).read_text().splitlines()
        kept = iter(after)
        assert all(line in kept for line in lines), name
    stages = list(read_yaml(digits / "dvc.yaml", "dvc.yaml")["stages"])
    assert stages.index("some") == stages.index("split") + 1
    assert kit("check")[0] == 0


def test_the_type_that_is_read_is_the_type_that_is_made(digits: Path, kit: Kit) -> None:
    kit("new", "filter", "some", "--after", "split:support")
    module = read_yaml(digits / "modules/some/module.yaml", "module.yaml")
    assert module["inputs"] == {"support": "labelled_images"}
    assert module["outputs"] == {"some": "labelled_images"}


def test_an_embedding_space_is_carried_on(digits: Path, kit: Kit) -> None:
    kit("new", "filter", "some", "--after", "adapt:aligned")
    module = read_yaml(digits / "modules/some/module.yaml", "module.yaml")
    assert module["outputs"] == {"some": {"type": "embeddings", "space": "aligned"}}
    assert kit("check")[0] == 0


@pytest.mark.parametrize("after", ["adapt:adapter", "evaluate:metrics", "data/raw/digits.csv"])
def test_what_is_no_table_with_a_head_is_reported_on(after: str, digits: Path, kit: Kit) -> None:
    assert kit("new", "report", "counts", "--after", after)[0] == 0
    assert (digits / "contracts/counts.yaml").read_text().startswith("kind: json")
    assert kit("check")[0] == 0


def test_a_slot_gives_a_copy_that_can_be_swapped_in(digits: Path, kit: Kit) -> None:
    code, out, _ = kit("new", "encoder", "encoder_mine")
    assert code == 0
    assert "dvc exp run -S slots.encoder=encoder_mine" in out
    assert (digits / "modules/encoder_mine/run.py").read_text() == (digits / "modules/encoder_conv/run.py").read_text()
    params = read_yaml(digits / "params.yaml", "params.yaml")
    assert params["encoder_mine"] == params["encoder_conv"]
    card = (digits / "modules/encoder_mine/README.md").read_text()
    assert "stability: experimental" in card
    assert "\n# encoder_mine\n" in card
    replace("params.yaml", "encoder: encoder_conv ", "encoder: encoder_mine ")
    assert kit("check")[0] == 0


def test_raw_data_gets_a_contract_of_its_own(blank: Path, kit: Kit) -> None:
    (blank / "data/raw").mkdir(parents=True)
    (blank / "data/raw/People 1.csv").write_text("name,age\nAnn,3\nBob,\n")
    code, _, err = kit("new", "source", "people", "--after", "data/raw/People 1.csv")
    assert code == 0, err
    contract = read_yaml(blank / "contracts/people_1_csv.yaml", "")
    assert contract["schema"]["columns"] == {"name": {"dtype": "str"}, "age": {"dtype": "float64", "nullable": True}}
    code, out, _ = kit("check")
    assert code == 0, out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["filter", "../x"], "name '../x': must be lower-case"),
        (["Filter", "x"], "family 'Filter': must be lower-case"),
        (["filter", "x" * 41], "at most 40 characters"),
        (["filter", "encode"], "has a stage encode already"),
        (["filter", "encoder_conv"], "modules/encoder_conv: already exists"),
        (["filter", "slots"], "has a section slots already"),
        (["filter", "x", "--after", "spilt"], "no stage spilt; did you mean split?"),
        (["filter", "x", "--after", "split"], "choose one of split:unlabelled, split:support"),
        (["filter", "x", "--after", "split:nothing"], "has no output nothing"),
        (["filter", "x", "--after", "../secret"], "no stage ../secret"),
        (["filter", "x", "--template", "nothing"], "templates/nothing: is not a cookiecutter template"),
        (["filter", "embeddings"], "contracts/embeddings.yaml: already exists"),
    ],
)
def test_a_wrong_request_changes_nothing(arguments: list[str], said: str, digits: Path, kit: Kit) -> None:
    before = tree(digits)
    code, _, err = kit("new", *arguments)
    assert code == 1
    assert said in err
    assert err.count("\n") == 1
    assert tree(digits) == before


@pytest.mark.parametrize("text", ["stages: {a: {cmd: x}}\n", "stages: [\n"])
def test_a_dvc_yaml_that_cannot_be_extended_is_left_alone(text: str, blank: Path, kit: Kit) -> None:
    (blank / "dvc.yaml").write_text(text)
    before = tree(blank)
    assert kit("new", "source", "numbers")[0] == 1
    assert tree(blank) == before


def test_files_without_a_last_line_break_are_extended(blank: Path, kit: Kit) -> None:
    (blank / "dvc.yaml").write_text("stages:\n    one:\n        cmd: echo 1")
    (blank / "params.yaml").write_text("a: 1")
    assert kit("new", "source", "numbers")[0] == 0
    assert list(read_yaml(blank / "dvc.yaml", "dvc.yaml")["stages"]) == ["one", "numbers"]
    assert list(read_yaml(blank / "params.yaml", "params.yaml")) == ["a", "numbers"]


@pytest.mark.parametrize("address", ["{{ 7 * 7 }}@example.com", 'a"b\nc: d', "{% raw %}"])
def test_an_address_is_no_template(address: str, blank: Path, kit: Kit) -> None:
    replace(blank / "pyproject.toml", '"ana@example.com"', json.dumps(address))
    assert kit("new", "source", "numbers")[0] == 0
    assert 'owner: "unknown"' in (blank / "modules/numbers/README.md").read_text()

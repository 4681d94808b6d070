"""A module that changed since a release, or since it came, has another version; and CODEOWNERS follows the cards."""

from collections.abc import Callable

import pytest

from .conftest import Repository

Kit = Callable[..., tuple[int, str, str]]
CONTRACT = "modules/doubler/module.yaml"


@pytest.fixture(params=["released", "registered", "taken"])
def project(request: pytest.FixtureRequest, library: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """With doubler at 1.0.0, released here or come from elsewhere."""
    if request.param == "taken":
        found: Repository = request.getfixturevalue("taken")
        return found
    if request.param == "registered":
        library.git("tag", "model@v3.1.0")
        library.git("tag", "--delete", "v1.0.0")
    monkeypatch.chdir(library.root)
    return library


def test_unchanged_modules_need_nothing(project: Repository, kit: Kit) -> None:
    assert kit("check")[0] == 0


@pytest.mark.parametrize("path", ["modules/doubler/README.md", "modules/doubler/test_module.py"])
def test_card_and_tests_are_no_code(path: str, project: Repository, kit: Kit) -> None:
    project.write(path, project.read(path) + "# more\n")
    assert kit("check")[0] == 0


def test_changed_code_needs_another_version(project: Repository, kit: Kit) -> None:
    project.edit("modules/doubler/run.py", "factor = ", "factor = 1 * ")
    code, out, _ = kit("check")
    assert code == 1
    assert out.startswith(f"{CONTRACT}:2: its code changed since ")
    assert "raise its version, which is 1.0.0" in out
    project.edit(CONTRACT, "1.0.0", "1.0.1")
    assert kit("check")[0] == 0


@pytest.mark.parametrize("change", ["port", "parameter", "type"])
def test_a_changed_contract_needs_another_major_version(change: str, project: Repository, kit: Kit) -> None:
    if change == "type":
        project.edit("contracts/numbers.yaml", "{dtype: int64}", "{dtype: int64, nullable: true}")
    else:
        old, new = {"port": ("{numbers: numbers}", "{other: numbers}"), "parameter": ("minimum: 1", "minimum: 2")}[
            change
        ]
        project.edit(CONTRACT, old, new)
    if change == "port":
        project.edit("modules/doubler/run.py", 'inputs["numbers"]', 'inputs["other"]')
    project.edit(CONTRACT, "1.0.0", "1.9.0")
    code, out, _ = kit("check")
    assert code == 1
    assert "its contract changed since" in out
    assert "raise its major version, which is 1.9.0" in out
    project.edit(CONTRACT, "1.9.0", "2.0.0")
    assert kit("check")[0] == 0


def test_a_description_is_no_contract(project: Repository, kit: Kit) -> None:
    project.edit(CONTRACT, "default: 2}", "default: 3, description: How often.}")
    project.edit(CONTRACT, "1.0.0", "1.0.1")
    assert kit("check")[0] == 0


def test_a_version_cannot_go_back(project: Repository, kit: Kit) -> None:
    project.edit(CONTRACT, "1.0.0", "0.9.0")
    assert "raise its version, which is 0.9.0" in kit("check")[1]


def test_before_the_first_release_nothing_is_compared(library: Repository, kit: Kit, monkeypatch) -> None:
    library.git("tag", "--delete", "v1.0.0")
    monkeypatch.chdir(library.root)
    library.edit("modules/doubler/run.py", "factor = ", "factor = 1 * ")
    assert kit("check")[0] == 0


def test_a_lost_module_is_missed(taken: Repository, kit: Kit) -> None:
    (taken.root / "modules/doubler").rename(taken.root / "doubler")
    code, out, _ = kit("check")
    assert code == 1
    assert "modules.lock:2: names doubler, which is not in modules/" in out


@pytest.mark.parametrize("damage", ["commit: ", "digest: ", "doubler:"])
def test_a_damaged_modules_lock_is_a_finding(damage: str, taken: Repository, kit: Kit) -> None:
    taken.edit("modules.lock", damage, "!" + damage)
    code, out, _ = kit("check")
    assert code == 1
    assert out.startswith("modules.lock:")


def test_codeowners_follows_the_cards(taken: Repository, kit: Kit) -> None:
    taken.edit("modules/doubler/README.md", "ana@example.com", '"@team/numbers"')
    code, out, _ = kit("check")
    assert code == 1
    assert out.startswith("CODEOWNERS:1: does not agree with the modules' cards; run `kit owners --write`")
    assert kit("owners", "--write")[0] == 0
    assert "/modules/doubler/ @team/numbers" in taken.read("CODEOWNERS")
    assert kit("check")[0] == 0


def test_lines_of_ones_own_stay_in_codeowners(taken: Repository, kit: Kit) -> None:
    taken.write("CODEOWNERS", "* @everybody\n" + taken.read("CODEOWNERS") + "/contracts/ @architects\n")
    kit("owners", "--write")
    assert taken.read("CODEOWNERS").splitlines()[0] == "* @everybody"
    assert taken.read("CODEOWNERS").splitlines()[-1] == "/contracts/ @architects"


def test_an_owner_whom_nobody_can_ask_is_a_warning(taken: Repository, kit: Kit) -> None:
    taken.edit("modules/doubler/README.md", "ana@example.com", "Ana from the third floor")
    kit("owners", "--write")
    assert "neither an e-mail address nor an @name" in kit("check")[1]

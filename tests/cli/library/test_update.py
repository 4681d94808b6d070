"""A module that came from elsewhere follows its source, and what was changed here stays."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kit.formats.documents import read_yaml

from .conftest import Repository, tree

Kit = Callable[..., tuple[int, str, str]]
CODE = "modules/doubler/run.py"


def second_release(library: Repository) -> str:
    """v1.1.0 changes the end of run.py and adds a file."""
    library.edit(CODE, 'join([header, *doubled]) + "\\n"', 'join([header, *doubled, ""])')
    library.write("modules/doubler/extra.py", "ONE = 1\n")
    library.edit("modules/doubler/module.yaml", "1.0.0", "1.1.0")
    return library.release("v1.1.0")


def test_an_unchanged_module_becomes_the_newest_release(library: Repository, taken: Repository, kit: Kit) -> None:
    commit = second_release(library)
    code, out, _ = kit("update", "doubler")
    assert code == 0
    assert "1.0.0 → 1.1.0" in out
    for path in (CODE, "modules/doubler/extra.py", "modules/doubler/module.yaml"):
        assert taken.read(path) == library.read(path)
    entry = read_yaml(taken.root / "modules.lock", "modules.lock")["doubler"]
    assert (entry["rev"], entry["commit"]) == ("v1.1.0", commit)
    assert kit("check")[0] == 0


def test_a_patch_made_here_survives(library: Repository, taken: Repository, kit: Kit) -> None:
    second_release(library)
    taken.edit(CODE, 'text = inputs["numbers"].read_text()', 'text = inputs["numbers"].read_text("utf-8")  # ours')
    taken.write("modules/doubler/mine.py", "TWO = 2\n")
    assert kit("update", "doubler")[0] == 0
    assert "# ours" in taken.read(CODE)
    assert 'doubled, ""' in taken.read(CODE)
    assert taken.read("modules/doubler/mine.py") == "TWO = 2\n"


def test_a_conflict_is_shown_in_the_file_and_in_words(library: Repository, taken: Repository, kit: Kit) -> None:
    second_release(library)
    taken.edit(CODE, 'join([header, *doubled]) + "\\n"', 'join([header, *doubled]) + "\\r\\n"')
    code, out, err = kit("update", "doubler")
    assert code == 1
    assert f"CONFLICT in {CODE}" in out
    assert err.count("\n") == 1
    text = taken.read(CODE)
    assert text.index("<<<<<<< modules/doubler here") < text.index('"\\r\\n"') < text.index("||||||| as it came")
    assert text.index("=======") < text.index('doubled, ""') < text.index(">>>>>>> ../library 1.1.0")


def test_a_file_deleted_there_goes_unless_it_was_changed_here(library: Repository, taken: Repository, kit: Kit) -> None:
    second_release(library)
    assert kit("update", "doubler")[0] == 0
    (library.root / "modules/doubler/extra.py").unlink()
    library.release("v1.2.0")
    changed = taken.read("modules/doubler/extra.py")
    taken.write("modules/doubler/extra.py", changed + "# ours\n")
    assert kit("update", "doubler")[0] == 1
    assert taken.read("modules/doubler/extra.py").endswith("# ours\n")


def test_a_file_deleted_there_and_untouched_here_is_gone(library: Repository, taken: Repository, kit: Kit) -> None:
    second_release(library)
    assert kit("update", "doubler")[0] == 0
    (library.root / "modules/doubler/extra.py").unlink()
    library.release("v1.2.0")
    assert kit("update", "doubler")[0] == 0
    assert not (taken.root / "modules/doubler/extra.py").exists()


def test_new_and_lost_parameters_are_named(library: Repository, taken: Repository, kit: Kit) -> None:
    library.edit("modules/doubler/module.yaml", "  factor: {type: integer, minimum: 1, default: 2}", "  times: {}")
    library.release("v2.0.0")
    _, out, _ = kit("update", "doubler")
    assert "params.yaml: doubler: set times, which is new" in out
    assert "params.yaml: doubler: remove factor, which is gone" in out


def test_a_contract_changes_with_its_module(library: Repository, taken: Repository, kit: Kit) -> None:
    library.edit("contracts/numbers.yaml", "int64", "float64")
    library.edit("modules/doubler/module.yaml", "1.0.0", "2.0.0")
    library.release("v2.0.0")
    assert kit("update", "doubler")[0] == 0
    assert "float64" in taken.read("contracts/numbers.yaml")


def test_going_back_is_an_update_too(library: Repository, taken: Repository, kit: Kit) -> None:
    before = taken.read(CODE)
    second_release(library)
    assert kit("update", "doubler")[0] == 0
    assert kit("update", "doubler@v1.0.0")[0] == 0
    assert taken.read(CODE) == before


def test_the_highest_version_is_the_newest_and_not_the_last_tag(
    library: Repository, taken: Repository, kit: Kit
) -> None:
    for tag, version in (("v1.10.0", "1.10.0"), ("v1.9.0", "1.9.0"), ("other/v9.0.0", "9.0.0")):
        library.write("modules/doubler/module.yaml", library.read("modules/doubler/module.yaml").replace(
            library.read("modules/doubler/module.yaml").split()[3], version))  # fmt: skip
        library.release(tag)
    assert "1.0.0 → 1.10.0" in kit("update", "doubler")[1]


def test_nothing_new_changes_nothing(taken: Repository, kit: Kit) -> None:
    before = tree(taken.root)
    code, out, _ = kit("update", "doubler")
    assert (code, out) == (0, "modules/doubler: is up to date (1.0.0)\n")
    assert tree(taken.root) == before


def test_a_folder_updates_what_was_not_changed_here(library: Repository, taker: Repository, kit: Kit) -> None:
    (library.root / ".git").rename(library.root / "not-git")
    kit("add", "../library")
    library.edit(CODE, "factor = ", "factor = 1 * ")
    assert "outdated" in kit("outdated")[1]
    assert kit("update", "doubler")[0] == 0
    assert "1 * " in taker.read(CODE)
    taker.edit(CODE, "1 * ", "2 * ")
    code, _, err = kit("update", "doubler")
    assert code == 1
    assert "was changed here" in err


def states(out: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in out.splitlines()[2:] if "|" in line]


def test_outdated_tells_current_from_outdated(library: Repository, taken: Repository, kit: Kit) -> None:
    assert states(kit("outdated")[1]) == [["doubler", "1.0.0", "1.0.0", "current", "no"]]
    second_release(library)
    taken.edit(CODE, "factor = ", "factor = 1 * ")
    code, out, _ = kit("outdated")
    assert code == 0
    assert states(out) == [["doubler", "1.0.0", "1.1.0", "outdated", "yes"]]
    assert "kit update doubler" in out


def test_a_release_without_a_change_of_this_module_is_no_news(library: Repository, taken: Repository, kit: Kit) -> None:
    library.release("v1.5.0")
    assert states(kit("outdated")[1])[0][3] == "current"


def test_a_moved_tag_is_found(library: Repository, taken: Repository, kit: Kit) -> None:
    library.edit(CODE, "factor = ", "factor = 1 * ")
    library.release("v1.0.0")
    code, out, _ = kit("outdated")
    assert code == 1
    assert states(out)[0][3] == "moved"
    assert "tag v1.0.0 now points to" in out


def test_a_tampered_record_is_found(library: Repository, taken: Repository, kit: Kit) -> None:
    digest = read_yaml(taken.root / "modules.lock", "modules.lock")["doubler"]["digest"]
    taken.edit("modules.lock", digest, "a" * 64)
    code, out, _ = kit("outdated")
    assert code == 1
    assert states(out)[0][3] == "tampered"
    second_release(library)
    before = tree(taken.root)
    assert "was tampered with" in kit("update", "doubler")[2]
    assert tree(taken.root) == before


@pytest.mark.parametrize("trouble", ["gone", "rewritten"])
def test_a_source_that_lost_the_commit_is_told(trouble: str, library: Repository, taken: Repository, kit: Kit) -> None:
    if trouble == "gone":
        library.root.rename(library.root.parent / "elsewhere")
    else:
        library.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "other")
        for command in (["tag", "--delete", "v1.0.0"], ["reflog", "expire", "--expire=now", "--all"]):
            library.git(*command)
        library.git("gc", "--quiet", "--prune=now")
    code, out, _ = kit("outdated")
    assert code == 1
    assert states(out)[0][3] == "unreachable"


def test_only_what_came_can_be_updated(taken: Repository, kit: Kit) -> None:
    assert "modules.lock: has no tripler" in kit("update", "tripler")[2]


def test_a_module_is_listed_with_its_source(taken: Repository, kit: Kit) -> None:
    rows = kit("list")[1].splitlines()
    assert [cell.strip() for cell in rows[2].strip("|").split("|")] == [
        "doubler", "doubler", "1.0.0", "stable", "ana@example.com", "MIT", "../library@v1.0.0", "-",
    ]  # fmt: skip
    taken.edit(CODE, "factor = ", "factor = 1 * ")
    assert "../library@v1.0.0 (changed here)" in kit("list")[1]


def test_a_change_that_cannot_be_written_is_undone(
    library: Repository, taken: Repository, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last file of an update cannot be replaced, so none is."""
    second_release(library)
    before = tree(taken.root)
    (taken.root / "modules.lock").unlink()
    (taken.root / "modules.lock").write_bytes(before["modules.lock"])
    import os

    replace = os.replace

    def refuse(source: str, target: Path) -> None:
        if Path(target).name == "modules.lock":
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    code, _, err = kit("update", "doubler")
    assert code == 1
    assert err == "kit: modules.lock: cannot be written (Permission denied); nothing was changed\n"
    assert tree(taken.root) == before

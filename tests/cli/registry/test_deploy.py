"""Versions are put into stages, and taken back."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from lab import Lab

from kit.formats.documents import read_yaml
from kit.registry import deploy as deploy_module
from kit.registry.publishing import share_first
from kit.registry.tags import Registry

from .conftest import MODEL, Kit, candidate, tags


@pytest.fixture
def three(lab: Lab, kit: Kit) -> Lab:
    """Three versions: v1.0.0, v1.1.0, v1.2.0."""
    kit("register", "digits")
    for seed in (1, 2):
        candidate(lab, seed)
        kit("register", "digits")
    return lab


def where(kit: Kit) -> dict[str, str]:
    return {row["version"]: row["stage"] for row in json.loads(kit("registry", "--format", "json")[1])}


def test_a_promoted_version_is_in_its_stage(three: Lab, kit: Kit) -> None:
    code, out, _ = kit("promote", "digits@v1.0.0", "production")
    assert code == 0
    assert out.startswith("digits@v1.0.0: in production")
    assert kit("promote", "digits@1.1.0", "staging")[0] == 0
    assert where(kit) == {"v1.2.0": "(registered)", "v1.1.0": "staging", "v1.0.0": "production"}
    table = kit("registry")[1]
    assert "Ana <ana@example.com>" in table


def test_its_files_come_where_candidates_are_compared_with_them(three: Lab, kit: Kit) -> None:
    kit("promote", "digits@v1.0.0", "production")
    lock = read_yaml(three.root / "dvc.lock", "dvc.lock")["stages"]["pack"]["outs"]
    now = next(out["md5"] for out in lock if out["path"] == MODEL)
    pointer = read_yaml(three.root / "data/production.dvc", "")["outs"][0]
    assert pointer["path"] == "production"
    assert pointer["md5"] != now
    at_v1 = three.git("show", "digits@v1.0.0:dvc.lock")
    assert pointer["md5"] in at_v1
    assert (three.root / "data/production").read_bytes() != b"nothing yet\n"


def test_a_version_whose_files_are_gone_is_promoted_and_says_so(three: Lab, kit: Kit) -> None:
    shutil.rmtree(three.root / ".dvc/cache")
    code, out, _ = kit("promote", "digits@v1.0.0", "production")
    assert code == 0
    assert "neither in the cache nor at the remote: dvc pull data/production.dvc" in out


def test_what_was_changed_by_hand_is_not_lost(three: Lab, kit: Kit) -> None:
    three.write("data/production", "mine\n")
    before = tags(three)
    code, _, err = kit("promote", "digits@v1.0.0", "production")
    assert code == 1
    assert err.startswith("kit: data/production: was changed by hand")
    assert three.read("data/production") == "mine\n"
    assert tags(three) == before


def test_going_back_goes_back_one_by_one(three: Lab, kit: Kit) -> None:
    for version in ("v1.0.0", "v1.1.0", "v1.2.0"):
        kit("promote", f"digits@{version}", "production")
    assert kit("rollback", "digits", "production")[1].startswith("digits@v1.1.0: in production, in place of v1.2.0")
    assert kit("rollback", "digits", "production")[1].startswith("digits@v1.0.0: in production, in place of v1.1.0")
    code, _, err = kit("rollback", "digits", "production")
    assert code == 1
    assert err == "kit: digits: v1.0.0 is the first in production; nothing to roll back to\n"
    assert where(kit)["v1.0.0"] == "production"


def test_after_going_back_one_can_go_on(three: Lab, kit: Kit) -> None:
    for version in ("v1.0.0", "v1.1.0"):
        kit("promote", f"digits@{version}", "production")
    kit("rollback", "digits", "production")
    kit("promote", "digits@v1.2.0", "production")
    assert kit("rollback", "digits", "production")[1].startswith("digits@v1.0.0: in production")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["promote", "digits", "production"], "write MODEL@VERSION"),
        (["promote", "digits@v9.0.0", "production"], "is not registered; versions: v1.0.0, v1.1.0, v1.2.0"),
        (["promote", "letters@v1.0.0", "production"], "letters@v1.0.0: is not registered; versions: none"),
        (["promote", "digits@v1.0.0", "Production!"], "is not a stage name"),
        (["rollback", "digits", "production"], "nothing is in production"),
    ],
)
def test_a_wrong_request_changes_nothing(command: list[str], said: str, three: Lab, kit: Kit) -> None:
    before = tags(three)
    code, _, err = kit(*command)
    assert code == 1
    assert said in err
    assert err.count("\n") == 1
    assert tags(three) == before
    assert three.git("status", "--porcelain") == ""


def test_a_version_is_not_promoted_twice(three: Lab, kit: Kit) -> None:
    kit("promote", "digits@v1.0.0", "production")
    assert "is already in production, since" in kit("promote", "digits@v1.0.0", "production")[2]


def test_of_two_who_promote_at_once_one_wins(
    three: Lab, colleague: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob promotes another version between Ana's look at the others' tags and her push."""

    def slowly(registry: Registry, local: bool) -> bool:
        shared = share_first(registry, local)
        monkeypatch.setattr(deploy_module, "share_first", share_first)
        monkeypatch.chdir(colleague)
        assert kit("promote", "digits@v1.1.0", "production")[0] == 0
        monkeypatch.chdir(three.root)
        return shared

    three.git("push", "--quiet", "--tags", "origin")
    monkeypatch.setattr(deploy_module, "share_first", slowly)
    code, _, err = kit("promote", "digits@v1.2.0", "production")
    assert code == 1
    assert "someone else was faster" in err
    assert three.git("status", "--porcelain") == ""
    assert kit("promote", "digits@v1.2.0", "production")[1].startswith(
        "digits@v1.2.0: in production, in place of v1.1.0"
    )


def test_gto_reads_what_the_kit_writes(three: Lab, kit: Kit) -> None:
    kit("promote", "digits@v1.1.0", "production")
    printed = subprocess.check_output(["gto", "show", "digits", "--json"], cwd=three.root, text=True)
    found = {version["version"]: [s["stage"] for s in version["stages"] or []] for version in json.loads(printed)}
    assert found == {"v1.2.0": [], "v1.1.0": ["production"], "v1.0.0": []}

"""A model gets a version only if the gate accepted exactly what it came from."""

import json
import subprocess
from pathlib import Path

import pytest
from lab import Lab

from kit.registry import register as register_module
from kit.registry.publishing import share_first
from kit.registry.tags import Registry

from .conftest import MODEL, Kit, candidate, tags


def test_an_accepted_model_gets_its_first_version(lab: Lab, kit: Kit) -> None:
    code, out, err = kit("register", "digits")
    assert code == 0, err
    assert out.startswith("digits@v1.0.0: registered, in this clone")
    assert tags(lab) == ["digits@v1.0.0"]
    message = lab.git("tag", "--list", "--format=%(contents)%(taggername)", "digits@v1.0.0")
    lineage = out.splitlines()[1].removeprefix("lineage ")
    assert f"lineage: {lineage}\n" in message
    assert f"artifact: {MODEL} md5:" in message
    assert "metric: artifacts/evaluate/metrics.json:accuracy = " in message
    assert message.rstrip().endswith("Ana")


def test_the_lineage_digest_is_that_of_every_export(lab: Lab, kit: Kit, tmp_path: Path) -> None:
    lineage = kit("register", "digits")[1].splitlines()[1].removeprefix("lineage sha256:")
    kit("export", MODEL, "--format", "model-card", "-o", str(tmp_path / "card"))
    found = list((tmp_path / "card").rglob("*.md")) if (tmp_path / "card").is_dir() else [tmp_path / "card"]
    assert f"lineage digest: {lineage}" in found[0].read_text()


def test_the_same_model_keeps_its_version(lab: Lab, kit: Kit) -> None:
    kit("register", "digits")
    lab.write("notes.md", "nothing to do with it\n")
    lab.commit("Notes")
    code, out, _ = kit("register", "digits")
    assert code == 0
    assert out == "digits@v1.0.0: is the same model, byte for byte; nothing to register\n"
    assert tags(lab) == ["digits@v1.0.0"]


@pytest.mark.parametrize(
    ("bump", "version"), [([], "v1.1.0"), (["--bump", "patch"], "v1.0.1"), (["--bump", "major"], "v2.0.0")]
)
def test_the_next_model_gets_the_next_version(bump: list[str], version: str, lab: Lab, kit: Kit) -> None:
    kit("register", "digits")
    candidate(lab, 1)
    assert kit("register", "digits", *bump)[1].startswith(f"digits@{version}: registered")


def test_a_rejected_model_is_refused_with_the_reasons(lab: Lab, kit: Kit) -> None:
    lab.reasons = ["accuracy 0.1 is below 0.8", "drifted"]
    candidate(lab, 1)
    code, _, err = kit("register", "digits")
    assert code == 1
    assert "the gate rejected it: accuracy 0.1 is below 0.8; drifted" in err
    assert tags(lab) == []
    assert kit("gate")[2].endswith("rejected: accuracy 0.1 is below 0.8; drifted\n")


@pytest.mark.parametrize("path", ["notes.md", "params.yaml"])
def test_a_dirty_tree_is_refused(path: str, lab: Lab, kit: Kit) -> None:
    lab.write(path, "# changed\n")
    code, _, err = kit("register", "digits")
    assert code == 1
    assert f"{path}: not committed" in err


def test_what_verify_finds_is_refused(lab: Lab, kit: Kit) -> None:
    lab.write(MODEL, "tampered")
    code, _, err = kit("register", "digits")
    assert code == 1
    assert err.startswith(f"kit: kit verify: error: {MODEL}: ")
    assert tags(lab) == []


def test_a_lock_behind_its_parameters_is_refused(lab: Lab, kit: Kit) -> None:
    lab.params["head"] = {"seed": 5}
    lab.declare()
    lab.commit("Changed, and not run")
    assert "kit verify: error: " in kit("register", "digits")[2]


def test_a_model_that_the_gate_did_not_judge_is_refused(lab: Lab, kit: Kit) -> None:
    pack = ("packer", ["artifacts/train/head.safetensors", "artifacts/other/o.safetensors"], [MODEL])
    lab.stages = {"other": ("other", ["data/raw.csv"], ["artifacts/other/o.safetensors"]), **lab.stages, "pack": pack}
    lab.module("other")
    lab.repro()
    lab.commit("Another part")
    code, _, err = kit("register", "digits")
    assert code == 1
    assert "is made from stage other, which the gate's decision does not depend on" in err


def test_a_project_without_a_gate_registers_nothing(lab: Lab, kit: Kit) -> None:
    lab.write("pyproject.toml", '[project]\nname = "lab"\n')
    lab.commit("No gate")
    assert "[tool.kit.gate] decision: names no stage's output" in kit("register", "digits")[2]
    assert kit("gate")[0] == 0


def test_an_unknown_model_is_named(lab: Lab, kit: Kit) -> None:
    assert kit("register", "letters")[2] == "kit: dvc.yaml: artifacts has no letters; models: digits\n"


def test_versions_are_pushed(lab: Lab, colleague: Path, kit: Kit) -> None:
    assert "pushed to origin" in kit("register", "digits")[1]
    listed = subprocess.check_output(["git", "ls-remote", "--tags", "origin"], cwd=colleague, text=True)
    assert "refs/tags/digits@v1.0.0" in listed
    candidate(lab, 1)
    assert "in this clone" in kit("register", "digits", "--local")[1]
    listed = subprocess.check_output(["git", "ls-remote", "--tags", "origin"], cwd=colleague, text=True)
    assert "v1.1.0" not in listed


def test_of_two_who_register_at_once_one_wins(
    lab: Lab, colleague: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bob registers another model between Ana's look at the others' tags and her push."""
    there = Lab.__new__(Lab)
    there.__dict__ |= lab.__dict__ | {"root": colleague, "params": dict(lab.params)}
    candidate(there, 7)

    def slowly(registry: Registry, local: bool) -> bool:
        shared = share_first(registry, local)
        monkeypatch.setattr(register_module, "share_first", share_first)
        monkeypatch.chdir(colleague)
        assert kit("register", "digits")[0] == 0
        monkeypatch.chdir(lab.root)
        return shared

    monkeypatch.setattr(register_module, "share_first", slowly)
    code, _, err = kit("register", "digits")
    assert code == 1
    assert err.startswith("kit: digits@v1.0.0: someone else was faster; look at `kit registry` and run this again")
    assert tags(lab) == []
    assert kit("register", "digits")[1].startswith("digits@v1.1.0: registered, pushed to origin")
    who = {row["version"]: row["by"] for row in json.loads(kit("registry", "--format", "json")[1])}
    assert who == {"v1.0.0": "Bob <bob@example.com>", "v1.1.0": "Ana <ana@example.com>"}


def test_an_origin_that_cannot_be_reached_is_told(lab: Lab, colleague: Path, kit: Kit) -> None:
    lab.git("remote", "set-url", "origin", str(colleague / "nowhere"))
    code, _, err = kit("register", "digits")
    assert code == 1
    assert "its tags cannot be fetched" in err
    assert kit("register", "digits", "--local")[0] == 0

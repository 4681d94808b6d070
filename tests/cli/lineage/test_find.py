"""kit find: a file from anywhere is recognised."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest
from lab import Lab
from safetensors.numpy import load_file, save_file

Kit = Callable[..., tuple[int, str, str]]
HEAD = "artifacts/train/head.safetensors"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_a_copy_is_found_by_its_bytes(lab: Lab, kit: Kit, elsewhere: Path) -> None:
    lab.git("tag", "v1")
    lab.commit("Nothing new")
    shutil.copy(HEAD, elsewhere / "x")
    code, out, _ = kit("find", str(elsewhere / "x"))
    assert code == 0
    assert out.startswith(f"same bytes: {HEAD}, md5 ")
    assert "made by stage train (head)" in out
    assert "in 2 commits: first " in out
    assert "now in branch main, tag v1" in out


def test_it_is_found_in_an_experiment_and_on_another_branch(lab: Lab, kit: Kit, elsewhere: Path) -> None:
    lab.params["head"] = {"seed": 5}
    lab.repro()
    shutil.copy(HEAD, elsewhere / "x")
    commit = lab.experiment("noisy-owl")
    assert f"in 1 commit: {commit[:8]} 2023-" in kit("find", str(elsewhere / "x"))[1]
    assert "now in experiment noisy-owl" in kit("find", str(elsewhere / "x"))[1]
    lab.git("branch", "kept", commit)
    assert "now in experiment noisy-owl, branch kept" in kit("find", str(elsewhere / "x"))[1].replace(
        "branch kept, experiment noisy-owl", "experiment noisy-owl, branch kept"
    )


def test_a_saved_again_checkpoint_is_found_by_its_tensors(lab: Lab, kit: Kit, elsewhere: Path) -> None:
    save_file(load_file(HEAD), elsewhere / "x.bin", metadata={"note": "saved again"})
    assert kit("find", str(elsewhere / "x.bin"))[1].startswith(f"same tensors (2): {HEAD}, md5 ")


def test_parts_of_a_checkpoint_are_counted(lab: Lab, kit: Kit, elsewhere: Path) -> None:
    tensors = load_file(HEAD)
    save_file({"other.weight": tensors["weight"], "new": numpy.ones(3)}, elsewhere / "x.safetensors")
    assert kit("find", str(elsewhere / "x.safetensors"))[1].startswith(f"1 of 2 tensors equal, of its 2: {HEAD}")


def test_what_only_the_run_cache_remembers(lab: Lab, kit: Kit, elsewhere: Path) -> None:
    before = lab.read("dvc.lock")
    lab.params["head"] = {"seed": 5}
    lab.repro()
    shutil.copy(HEAD, elsewhere / "x")
    entry = lab.read("dvc.lock").partition("  train:\n")[2].partition("\n  evaluate:")[0]
    lab.write(".dvc/cache/runs/ab/abcd/ef01", "\n".join(line[4:] for line in entry.splitlines()))
    lab.write("dvc.lock", before)
    out = kit("find", str(elsewhere / "x"))[1]
    assert "made by stage train (head)" in out
    assert "in no commit: only the working tree or DVC's run cache has it" in out


def test_raw_data_is_found_where_it_was_read(lab: Lab, kit: Kit) -> None:
    out = kit("find", "data/raw.csv")[1]
    assert out.startswith("same bytes: data/raw.csv, md5 ")
    assert "read by stage split (splitter)" in out


def test_code_is_found_in_git(lab: Lab, kit: Kit, elsewhere: Path) -> None:
    shutil.copy("modules/head/run.py", elsewhere / "x")
    out = kit("find", str(elsewhere / "x"))[1]
    assert out.startswith("same bytes as a file in Git: modules/head/run.py, blob ")
    assert "now in branch main" in out


def test_a_file_inside_a_tracked_folder(lab: Lab, kit: Kit, elsewhere: Path) -> None:
    lab.write("image", "pixels")
    md5 = lab.store("image")
    shutil.move("image", elsewhere / "image")
    lab.write("listing", json.dumps([{"md5": md5, "relpath": "a/image"}]))
    folder = lab.store("listing")
    shutil.move(
        f".dvc/cache/files/md5/{folder[:2]}/{folder[2:]}", f".dvc/cache/files/md5/{folder[:2]}/{folder[2:]}.dir"
    )
    lab.write("dvc.lock", lab.read("dvc.lock").replace(lab.store("data/raw.csv"), f"{folder}.dir"))
    lab.commit("A folder")
    out = kit("find", str(elsewhere / "image"))[1]
    assert out.startswith("same bytes as a/image in the folder: data/raw.csv")


@pytest.mark.parametrize("length", [6, 12, 32])
def test_a_hash_may_be_short(length: int, lab: Lab, kit: Kit) -> None:
    md5 = lab.store(HEAD)
    assert HEAD in kit("find", md5[:length])[1]


def test_sha256_tensor_digest_and_one_tensor_are_known_from_records(lab: Lab, kit: Kit) -> None:
    entry = json.loads(lab.read("artifacts/train/run.json"))["outputs"]["head"]
    for digest in (entry["sha256"], entry["tensor_digest"], entry["tensors"]["bias"]):
        assert HEAD in kit("find", digest)[1]
    assert kit("find", entry["tensors"]["bias"])[1].startswith("tensor bias: ")


def test_a_cold_clone_says_what_it_cannot_know(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "clone", "--quiet", ".", "../cold"], check=True)
    save_file(load_file(HEAD), "../again.safetensors", metadata={"note": "x"})
    monkeypatch.chdir("../cold")
    assert HEAD in kit("find", "../lab/" + HEAD)[1]
    code, _, error = kit("find", "../again.safetensors")
    assert code == 1
    assert "unknown: no commit, experiment or cached run has these bytes" in error
    assert "4 run records are not here, `dvc fetch --all-commits` brings them" in error


@pytest.mark.parametrize("said", ["nope", "abc", "zzzzzzzz", "/nowhere/x"])
def test_neither_file_nor_hash(said: str, lab: Lab, kit: Kit) -> None:
    code, out, error = kit("find", said)
    assert (code, out) == (1, "")
    assert error == f"kit: {said}: no such file, and no hash (6 to 64 hexadecimal digits)\n"


def test_a_damaged_checkpoint_is_only_unknown(lab: Lab, kit: Kit, elsewhere: Path) -> None:
    for number, data in enumerate(
        [b"x", b"\xff" * 20, b"\x08" + b"\0" * 7 + b"[1,2,3] ", Path(HEAD).read_bytes()[:-3]]
    ):
        (elsewhere / f"{number}.safetensors").write_bytes(data)
        assert kit("find", str(elsewhere / f"{number}.safetensors"))[0] == 1

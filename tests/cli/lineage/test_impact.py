"""kit impact: every result that was made from something, and no other."""

import csv
import io
import json
import subprocess
from collections.abc import Callable

import pytest
from lab import RAW, Lab

Kit = Callable[..., tuple[int, str, str]]
SPLIT = {"artifacts/split/train.csv", "artifacts/split/test.csv"}
ENCODER, HEAD, METRICS = (
    "artifacts/encode/encoder.safetensors",
    "artifacts/train/head.safetensors",
    "artifacts/evaluate/metrics.json",
)


def affected(kit: Kit, said: str) -> dict[tuple[str, str], list[str]]:
    """(path, MD5) to the names of refs that hold it."""
    code, out, _ = kit("impact", said, "--format", "json")
    assert code == 0
    return {(entry["path"], entry["md5"]): entry["refs"] for entry in json.loads(out)["affected"]}


def paths(kit: Kit, said: str) -> set[str]:
    return {path for path, _ in affected(kit, said)}


def test_raw_data_reaches_everything(lab: Lab, kit: Kit) -> None:
    assert paths(kit, "data/raw.csv") == {*SPLIT, ENCODER, HEAD, METRICS}


def test_a_result_reaches_itself_and_what_read_it(lab: Lab, kit: Kit) -> None:
    assert paths(kit, ENCODER) == {ENCODER, HEAD, METRICS}
    assert paths(kit, "artifacts/split/test.csv") == {"artifacts/split/test.csv", METRICS}
    assert paths(kit, lab.store(HEAD)[:10]) == {HEAD, METRICS}


def test_another_branch_that_did_not_use_it_is_not_recalled(lab: Lab, kit: Kit) -> None:
    bad = lab.store(ENCODER)
    lab.params["encoder"] = {"seed": 1}
    lab.repro()
    lab.commit("Another encoder")
    held = affected(kit, bad)
    assert {path for path, _ in held} == {ENCODER, HEAD, METRICS}
    assert all(refs == [] for refs in held.values())  # main has moved on
    assert (HEAD, lab.store(HEAD)) not in held
    assert all(refs == ["refs/heads/main"] for refs in affected(kit, ENCODER).values())


def test_experiments_and_registered_versions_are_named(lab: Lab, kit: Kit) -> None:
    lab.git("tag", "--annotate", "digits@v1.2.0", "--message", "first")
    lab.git("tag", "digits#prod#1")
    lab.params["head"] = {"seed": 7}
    lab.repro()
    lab.experiment("noisy-owl")
    out = kit("impact", "data/raw.csv")[1]
    assert "REGISTERED as digits#prod#1, digits@v1.2.0" in out
    held = affected(kit, "data/raw.csv")
    assert sum("refs/exps/" in " ".join(refs) for refs in held.values()) == 5
    assert sum(path == HEAD for path, _ in held) == 2


def test_a_module_at_a_version(lab: Lab, kit: Kit) -> None:
    lab.module("head", version="2.0.0")
    lab.repro()
    lab.commit("Head 2.0.0")
    new = lab.store(HEAD)
    assert {md5 for path, md5 in affected(kit, "head@2.0.0") if path == HEAD} == {new}
    assert len([path for path, _ in affected(kit, "head") if path == HEAD]) == 2
    assert paths(kit, "head@1.0.0") == {HEAD, METRICS}
    assert paths(kit, "modules/head@v1.0.0") == {HEAD, METRICS}
    assert kit("impact", "head@9.0.0")[1] == "nothing was made from head@9.0.0\n"


def test_a_package_at_a_version(lab: Lab, kit: Kit) -> None:
    lab.pin("head", {"Scikit_Learn": "1.7.0", "numpy": "2.0.0"})
    lab.repro()
    lab.commit("Scikit-learn")
    new = lab.store(HEAD)
    assert affected(kit, "scikit-learn==1.7.0").keys() == {(HEAD, new), (METRICS, lab.store(METRICS))}
    assert paths(kit, "numpy==2.0.0") == {*SPLIT, ENCODER, HEAD, METRICS}
    assert kit("impact", "numpy==1.0.0")[1] == "nothing was made from numpy 1.0.0\n"


def test_versions_are_known_without_records(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.module("head", version="2.0.0")
    lab.repro()
    lab.commit("Head 2.0.0")
    subprocess.run(["git", "clone", "--quiet", "--bare", ".", "../bare"], check=True)
    monkeypatch.chdir("../bare")
    assert {md5 for path, md5 in affected(kit, "head@2.0.0") if path == HEAD} == {lab.store(HEAD)}


def test_code_that_no_commit_has_is_unknown(lab: Lab, kit: Kit) -> None:
    lab.module("head", version="3.0.0")
    lab.repro()
    lab.git("add", "dvc.lock")
    lab.git("checkout", "--quiet", "modules")
    lab.git("commit", "--quiet", "--message", "Forgot the module")
    (lab.root / "artifacts/train/run.json").unlink()
    for place in (lab.root / ".dvc/cache/files/md5").glob("*/*"):
        if b'"stage": "train"' in place.read_bytes():
            place.unlink()
    _, _, error = kit("impact", "head@3.0.0")
    assert "unknown: 1 run (train) cannot be judged: no commit here has their code" in error


def test_equal_bytes_made_without_the_bad_thing_are_not_recalled(lab: Lab, kit: Kit) -> None:
    """Two commits have the same metrics and the same splits; only the first of them used the bad data."""
    lab.commit("Insensitive")
    bad = lab.git("rev-parse", "HEAD").strip()
    old = lab.store("data/raw.csv")
    lab.data("data/raw.csv", RAW.replace("20", "21"))
    lock = lab.read("dvc.lock")
    lab.write("dvc.lock", lock.replace(old, lab.store("data/raw.csv")))
    good = lab.commit("Corrected, and it made no difference")
    recalled = json.loads(kit("impact", old, "--format", "json")[1])["affected"]
    assert {entry["path"] for entry in recalled} == {*SPLIT, ENCODER, HEAD, METRICS}
    for entry in recalled:
        assert bad in entry["commits"]
        assert good not in entry["commits"]


def test_the_list_is_csv_for_spreadsheets(lab: Lab, kit: Kit) -> None:
    rows = list(csv.DictReader(io.StringIO(kit("impact", ENCODER, "--format", "csv")[1])))
    assert {row["path"] for row in rows} == {ENCODER, HEAD, METRICS}
    assert {row["refs"] for row in rows} == {"main"}
    assert rows[0]["committed"] == "2023-11-14"


@pytest.mark.parametrize("said", ["nope", "ffffffff", "nope@1.0.0"])
def test_unknown_names(said: str, lab: Lab, kit: Kit) -> None:
    code, out, error = kit("impact", said)
    assert (code, out) == (1, "")
    assert error == f"kit: {said}: no file, hash or module of this name in the history; a package is NAME==VERSION\n"


def test_a_broken_lock_in_old_history_does_not_stop_the_rest(lab: Lab, kit: Kit) -> None:
    good = lab.read("dvc.lock")
    lab.write("dvc.lock", "stages: [\n")
    lab.commit("Damaged")
    lab.write("dvc.lock", good)
    lab.commit("Mended")
    assert paths(kit, "data/raw.csv") == {*SPLIT, ENCODER, HEAD, METRICS}

"""kit trace: everything that a result came from, and whether it is here."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace
from lab import CARD, Lab

from kit.lineage import History, target_of, trace

Kit = Callable[..., tuple[int, str, str]]
HEAD = "artifacts/train/head.safetensors"


def test_the_tree_leads_to_raw_data(lab: Lab, kit: Kit) -> None:
    code, out, _ = kit("trace", HEAD)
    assert code == 0
    stripped = [line.strip().split(",")[0] for line in out.splitlines()]
    places = [line for line in stripped if line.startswith(("←", "artifacts", "data"))]
    assert places == [
        HEAD,
        "← train: head 1.0.0",
        "artifacts/encode/encoder.safetensors",
        "← encode: encoder 1.0.0",
        "artifacts/split/train.csv",
        "← split: splitter 1.0.0",
        "data/raw.csv",
        "artifacts/split/train.csv",
    ]
    assert "data/raw.csv, md5 " in out
    assert "raw data, source not declared, licence not declared" in out
    assert "Test CPU, cpu, 1 thread, isolation landlock" in out


def test_depth_counts_stages(lab: Lab, kit: Kit) -> None:
    out = kit("trace", "evaluate", "--depth", "1")[1]
    assert "← evaluate" in out
    assert "← train" not in out
    assert "artifacts/split/test.csv" in out
    assert "← train" in kit("trace", "evaluate", "--depth", "2")[1]


def test_every_node_says_whether_its_bytes_are_here(lab: Lab, kit: Kit) -> None:
    lab.write("artifacts/split/test.csv", "value\n0\n")
    (lab.root / HEAD).unlink()
    (lab.root / "artifacts/encode/encoder.safetensors").unlink()
    shutil.rmtree(lab.root / ".dvc/cache/files/md5" / lab.store("artifacts/split/train.csv")[:2])
    (lab.root / "artifacts/split/train.csv").unlink()
    for line in kit("trace", "evaluate")[1].splitlines():
        if HEAD in line or "encoder.safetensors" in line:
            assert line.endswith("in the cache")
        if "test.csv" in line:
            assert line.endswith("DIFFERS")
        if "train.csv" in line:
            assert line.endswith("not here")
        if "data/raw.csv" in line:
            assert "matches" in line


def test_a_damaged_cache_object_is_named(lab: Lab, kit: Kit) -> None:
    md5 = lab.store(HEAD)
    lab.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}", b"other")
    (lab.root / HEAD).unlink()
    assert f"{HEAD}, md5 {md5[:12]}, DAMAGED in the cache" in kit("trace", HEAD)[1]


def test_results_are_executed_once_and_restored_later(lab: Lab, kit: Kit) -> None:
    lock, first = lab.read("dvc.lock"), lab.git("rev-parse", "--short=8", "HEAD~1").strip()
    lab.params["head"] = {"seed": 1}
    lab.repro()
    lab.commit("Another seed")
    assert "← train: head 1.0.0, executed in" in kit("trace", "train")[1]
    lab.params["head"] = {"seed": 0}
    lab.declare()
    lab.write("dvc.lock", lock)
    lab.checkout()
    back = lab.commit("Back")
    assert f"← train: head 1.0.0, restored in {back[:8]} (main) (from a run at {first})" in kit("trace", "train")[1]
    assert "← encode: encoder 1.0.0, executed in" in kit("trace", "encode")[1]


def test_a_hash_is_traced_wherever_it_is(lab: Lab, kit: Kit) -> None:
    md5 = lab.store(HEAD)
    digest = json.loads(lab.read("artifacts/train/run.json"))["outputs"]["head"]
    lab.params["head"] = {"seed": 1}
    lab.repro()
    lab.commit("Another seed")
    for said in (md5, md5[:8], digest["sha256"], digest["tensor_digest"][:12]):
        assert f"{HEAD}, md5 {md5[:12]}" in kit("trace", said)[1]


def test_a_renamed_file_is_traced_by_its_bytes(lab: Lab, kit: Kit, tmp_path: Path) -> None:
    shutil.copy(HEAD, tmp_path / "model.bin")
    assert HEAD in kit("trace", str(tmp_path / "model.bin"))[1]


def test_names_are_relative_to_where_one_stands(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("artifacts/train")
    assert HEAD in kit("trace", "head.safetensors")[1]


def test_without_data_and_working_tree_the_rest_is_told(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "clone", "--quiet", "--bare", ".", "../bare"], check=True)
    subprocess.run(["git", "clone", "--quiet", ".", "../cold"], check=True)
    for clone in ("bare", "cold"):
        monkeypatch.chdir(lab.root.parent / clone)
        code, out, _ = kit("trace", "train", "--rev", "main")
        assert code == 0
        assert "← train: head 1.0.0, results in" in out
        assert "hardware unknown: artifacts/train/run.json: the run record" in out
        assert "not here" in out


def test_licences_flow_in_and_contradict_each_other(lab: Lab, kit: Kit) -> None:
    card = "---\nfiles:\n  raw.csv: {source: a survey, license: CC-BY-NC-SA-4.0, credit: them}\n---\n"
    lab.write("data/README.md", card)
    lab.write("modules/head/README.md", CARD.format(license="GPL-3.0-only"))
    out = kit("trace", HEAD, "--licenses")[1]
    assert "raw data, from a survey, licence CC-BY-NC-SA-4.0" in out
    assert "CC-BY-NC-SA-4.0: data/raw.csv (data), credit: them" in out
    assert "data/raw.csv (CC-BY-NC-SA-4.0): forbids commercial use, which the project's MIT allows" in out
    assert "modules/head (GPL-3.0-only): each must be kept for derived works" in out
    lab.write("data/README.md", card.replace("CC-BY-NC-SA-4.0", "CC-BY-4.0"))
    lab.write("modules/head/README.md", CARD.format(license="MIT"))
    assert "conflicts: none found" in kit("trace", HEAD, "--licenses")[1]


def test_an_import_names_its_origin(lab: Lab, kit: Kit) -> None:
    entry = lab.read("data/raw.csv.dvc")
    lab.write("data/raw.csv.dvc", "deps:\n- {path: 's3://bucket/raw.csv', etag: abc}\n" + entry)
    assert "raw data, from s3://bucket/raw.csv (etag abc)" in kit("trace", "train")[1]


def test_a_stale_lock_is_no_reason_to_guess(lab: Lab, kit: Kit) -> None:
    lab.params["encoder"] = {"seed": 1}
    lab.repro(["encode"])
    out = kit("trace", "train")[1]
    assert "dvc.lock: stage encode made other bytes; the stage that read these ran before that, or elsewhere" in out


def test_machines_get_json(lab: Lab, kit: Kit) -> None:
    nodes = json.loads(kit("trace", "train", "--format", "json")[1])
    assert [node["level"] for node in nodes][:2] == [0, 1]
    assert nodes[0]["record"]["module"]["name"] == "head"
    assert {node["kind"] for node in nodes} == {"artifact", "execution"}


WRONG = {
    "a name": (["nope"], "kit: nope: no stage, file or hash of this name at working tree"),
    "a hash": (["abcdef0123"], "kit: abcdef0123: no content of this hash in the history"),
    "a revision": (["train", "--rev", "nope"], "kit: nope: no such revision, branch, tag or experiment"),
    "an option as a revision": (["train", "--rev=--all"], "kit: --all: no such revision"),
    "a file of elsewhere": (["/etc/hostname"], "kit: /etc/hostname: nothing in the history has these bytes"),
    "a stage that has not run": (["later"], "kit: dvc.lock: stage later has not run at working tree"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_what_is_not_there_is_said_in_one_line(arguments: list[str], message: str, lab: Lab, kit: Kit) -> None:
    replace("dvc.yaml", "stages:\n", "stages:\n  later: {cmd: kit run later}\n")
    code, out, error = kit("trace", *arguments)
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert error.startswith(message)


def test_outside_git_it_says_so(tmp_path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    monkeypatch.chdir(tmp_path)
    assert kit("trace", "x") == (1, "", f"kit: {tmp_path}: is not in a Git repository; change into a clone\n")


def test_a_long_chain_does_not_exhaust_the_stack(lab: Lab) -> None:
    entry = "  s{0}:\n    cmd: kit run s{0}\n    deps:\n    - path: artifacts/s{1}/out\n      md5: '{1:032}'\n"
    entry += "    outs:\n    - path: artifacts/s{0}/out\n      md5: '{0:032}'\n"
    lab.write("dvc.lock", "schema: '2.0'\nstages:\n" + "".join(entry.format(n, n - 1) for n in range(1, 3001)))
    history = History.of(lab.root)
    found = trace(history, target_of(history, "s3000", None, lab.root))
    assert len(found.executions) == 3000
    assert sum(1 for _ in found.steps()) == 6000

"""kit verify: whatever is wrong is found, and classed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace
from lab import CHAIN, RAW, Lab

from kit.dvc.hashing import md5_of_bytes

Kit = Callable[..., tuple[int, str, str]]
HEAD = "artifacts/train/head.safetensors"
RECORD = "artifacts/train/run.json"


def cached(lab: Lab, path: str) -> Path:
    md5 = md5_of_bytes((lab.root / path).read_bytes())
    return lab.root / f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}"


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def findings(kit: Kit, *arguments: str) -> list[tuple[str, str, str]]:
    """(level, place, message); the exit code must agree."""
    code, out, error = kit("verify", *arguments, "--format", "json")
    assert error == ""
    found = json.loads(out)["findings"]
    assert code == bool(found)
    return [(finding["level"], finding["place"], finding["message"]) for finding in found]


def levels(kit: Kit, *arguments: str) -> list[tuple[str, str]]:
    return [(level, place) for level, place, _ in findings(kit, *arguments)]


@pytest.mark.parametrize("arguments", [[], ["HEAD"], ["main"], ["--all"], ["--deep"]])
def test_a_clean_project_is_clean(arguments: list[str], lab: Lab, kit: Kit) -> None:
    code, out, _ = kit("verify", *arguments)
    assert code == 0
    assert "nothing is wrong" in out
    assert ("are only read with --deep" in out) == ("--deep" not in arguments)


def test_results_that_are_not_committed_yet_are_fine(lab: Lab, kit: Kit) -> None:
    lab.params["head"] = {"seed": 1}
    replace("modules/encoder/run.py", "return", "return  ")
    lab.machine["dirty"] = ["params.yaml", "modules/encoder/run.py"]
    lab.repro()
    assert findings(kit) == []
    lab.commit()
    assert findings(kit, "HEAD") == []


# Each tampers with one thing; what verify must say of the working tree: class, place and words.


def flipped_in_the_workspace(lab: Lab) -> None:
    flip(lab.root / HEAD)


def flipped_raw_data(lab: Lab) -> None:
    flip(lab.root / "data/raw.csv")


def flipped_in_the_cache(lab: Lab) -> None:
    flip(cached(lab, HEAD))


def swapped_in_the_cache(lab: Lab) -> None:
    shutil.copy(cached(lab, "artifacts/encode/encoder.safetensors"), cached(lab, HEAD))


def lost_in_the_cache(lab: Lab) -> None:
    cached(lab, HEAD).unlink()
    (lab.root / HEAD).unlink()


def edited_record(lab: Lab) -> None:
    replace(RECORD, '"landlock"', '"none"')


def edited_record_with_its_lock(lab: Lab) -> None:
    """The forger also mends the MD5 and the cache, and forgets the size."""
    old = md5_of_bytes((lab.root / RECORD).read_bytes())
    replace(RECORD, '"version": "1.0.0"', '"version": "1.0.1"')
    replace("dvc.lock", old, lab.store(RECORD))


def edited_output_digest(lab: Lab) -> None:
    """Everything agrees but the digest that the next stage has of what it read."""
    record = json.loads(lab.read(RECORD))
    old = md5_of_bytes((lab.root / RECORD).read_bytes())
    record["outputs"]["head"]["sha256"] = "0" * 64
    lab.write(RECORD, json.dumps(record))
    replace("dvc.lock", old, lab.store(RECORD))


def forged_metric(lab: Lab) -> None:
    """A better number in file and lock."""
    old = md5_of_bytes((lab.root / "artifacts/evaluate/metrics.json").read_bytes())
    lab.write("artifacts/evaluate/metrics.json", '{"accuracy": 0.99}')
    replace("dvc.lock", old, lab.store("artifacts/evaluate/metrics.json"))


def forged_dep(lab: Lab) -> None:
    md5 = md5_of_bytes((lab.root / HEAD).read_bytes())
    text = lab.read("dvc.lock")
    before, _, after = text.rpartition(md5)  # evaluate read it last
    lab.write("dvc.lock", f"{before}{'0' * 32}{after}")


def forged_code(lab: Lab) -> None:
    text = lab.read("dvc.lock")
    start = text.index("modules/head")
    md5 = text[start:].split("md5: ")[1].split(".dir")[0]
    lab.write("dvc.lock", text.replace(md5, "0" * 32))


def forged_params(lab: Lab) -> None:
    text = lab.read("dvc.lock")
    before, _, after = text.partition("head:\n          seed: 0")
    assert after
    lab.write("dvc.lock", f"{before}head:\n          seed: 4{after}")


def newer_record(lab: Lab) -> None:
    old = md5_of_bytes((lab.root / RECORD).read_bytes())
    replace(RECORD, '"schema": 1', '"schema": 2')
    replace("dvc.lock", old, lab.store(RECORD))


def broken_lock(lab: Lab) -> None:
    lab.write("dvc.lock", "<<<<<<< HEAD\n" + lab.read("dvc.lock"))


def dropped_dep(lab: Lab) -> None:
    module, deps, outs = lab.stages["train"]
    lab.stages = lab.stages | {"train": (module, deps[:1], outs)}
    lab.declare()


def added_dep(lab: Lab) -> None:
    module, deps, outs = lab.stages["train"]
    lab.stages = lab.stages | {"train": (module, [*deps, "artifacts/split/test.csv"], outs)}
    lab.declare()


def unfinished(lab: Lab) -> None:
    lab.stages = lab.stages | {"extra": ("splitter", ["data/raw.csv"], ["artifacts/extra/extra.csv"])}
    lab.declare()


def gone_stage(lab: Lab) -> None:
    lab.stages = {name: stage for name, stage in lab.stages.items() if name != "evaluate"}
    lab.declare()


def untracked_data(lab: Lab) -> None:
    (lab.root / "data/raw.csv.dvc").unlink()
    (lab.root / "data/raw.csv").unlink()


def damaged_dvc_file(lab: Lab) -> None:
    lab.write("data/other.csv.dvc", "outs: [\n")


def unsandboxed(lab: Lab) -> None:
    lab.machine |= {"isolation": "none", "dirty": ["notes.txt"]}
    lab.params["evaluator"] = {"seed": 1}
    lab.repro()


def dirty_kit(lab: Lab) -> None:
    lab.machine["dirty"] = ["kit/src/kit/execution/record.py"]
    lab.params["evaluator"] = {"seed": 1}
    lab.repro()


def many_changes(lab: Lab) -> None:
    lab.machine["dirty"] = [f"notes/{number}" for number in range(20)]
    lab.params["evaluator"] = {"seed": 1}
    lab.repro()


TAMPERED = {
    flipped_in_the_workspace: [("error", HEAD, "does not have the hash in dvc.lock")],
    flipped_raw_data: [("error", "data/raw.csv", "does not have the hash in dvc.lock or its .dvc file")],
    flipped_in_the_cache: [("error", HEAD, "DVC's cache holds other bytes under its hash")],
    swapped_in_the_cache: [("error", HEAD, "DVC's cache holds other bytes under its hash")],
    lost_in_the_cache: [("unknown", HEAD, "are not on this machine; `dvc fetch` brings them")],
    edited_record: [("error", RECORD, "does not have the hash in dvc.lock")],
    edited_record_with_its_lock: [
        ("error", RECORD, "records version 1.0.1 of modules/head, but module.yaml has 1.0.0")
    ],
    edited_output_digest: [
        ("error", "artifacts/evaluate/run.json", f"records another SHA-256 for {HEAD} than {RECORD}"),
        ("error", HEAD, f"does not have the SHA-256 recorded in {RECORD}"),
    ],
    forged_metric: [
        (
            "error",
            "artifacts/evaluate/metrics.json",
            "does not have the SHA-256 recorded in artifacts/evaluate/run.json",
        )
    ],
    forged_dep: [("error", "dvc.lock", f"stage evaluate read other bytes of {HEAD} than stage train made")],
    forged_code: [("error", "modules/head", "is not the code that stage train ran according to dvc.lock")],
    forged_params: [
        ("error", RECORD, "records params {'seed': 0}, but dvc.lock has {'seed': 4}"),
        ("error", "params.yaml", 'head is {"seed": 0} here, but was {"seed": 4} when stage train ran'),
    ],
    newer_record: [("unknown", RECORD, "is of schema 2, which this kit does not know; update the kit")],
    broken_lock: [("error", "dvc.lock", "cannot be read (dvc.lock:")],
    dropped_dep: [("warning", "dvc.lock", "stage train still holds the dep artifacts/split/train.csv")],
    added_dep: [("error", "dvc.yaml", "stage train: the dep artifacts/split/test.csv is not in dvc.lock")],
    unfinished: [("warning", "dvc.lock", "has no stage extra: it has not run")],
    gone_stage: [("warning", "dvc.lock", "has stage evaluate, which is no longer in dvc.yaml")],
    untracked_data: [
        ("error", "data/raw.csv", "was read by stage split, but no stage makes it, and neither Git nor DVC tracks it")
    ],
    damaged_dvc_file: [("error", "data/other.csv.dvc", "names no data; restore it from another commit")],
    unsandboxed: [("warning", "artifacts/evaluate/run.json", "ran unconfined, with changes in notes.txt")],
    dirty_kit: [("warning", "artifacts/evaluate/run.json", "ran with a kit that had uncommitted changes")],
    many_changes: [("unknown", "artifacts/evaluate/run.json", "ran with more than 20 uncommitted changes")],
}


@pytest.mark.parametrize(("tamper", "expected"), TAMPERED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_it_is_found(tamper: Callable[[Lab], None], expected: list[tuple[str, str, str]], lab: Lab, kit: Kit) -> None:
    tamper(lab)
    found = findings(kit)
    for level, place, words in expected:
        assert any((level, place) == finding[:2] and words in finding[2] for finding in found), found
    assert len(found) <= len(expected) + (tamper in (forged_metric, forged_params)), found


# The same in history: what one commit claims, whatever the working tree holds.


def test_a_rewritten_history_leaves_the_lock_stale(lab: Lab, kit: Kit) -> None:
    """A commit whose params were changed afterwards, as a careless rebase does."""
    replace("params.yaml", "seed: 0", "seed: 9")
    lab.git("commit", "--quiet", "--all", "--amend", "--message", "Rewritten")
    found = findings(kit, "HEAD")
    assert {(level, place) for level, place, _ in found} == {("error", "params.yaml")}
    assert len(found) == 4


def test_a_commit_without_the_code_that_ran(lab: Lab, kit: Kit) -> None:
    """Somebody ran changed code and committed only its results."""
    replace("modules/head/run.py", "return", "return  ")
    lab.machine["dirty"] = ["modules/head/run.py"]
    lab.repro()
    lab.git("add", "dvc.lock", "artifacts")
    lab.git("commit", "--quiet", "--message", "Results")
    assert levels(kit, "HEAD") == [("error", "modules/head")]
    assert levels(kit) == []
    lab.git("stash", "--quiet")
    assert levels(kit, "--all") == [("error", "modules/head")]


def test_all_names_the_commits_of_each_finding_once(lab: Lab, kit: Kit) -> None:
    good = lab.read("dvc.lock")
    lab.write("dvc.lock", "stages: [\n")
    first = lab.commit("Damaged")
    second = lab.commit("Still")
    lab.write("dvc.lock", good)
    lab.commit("Mended")
    code, out, _ = kit("verify", "--all")
    assert code == 1
    broken = [line for line in out.splitlines() if "cannot be read" in line]
    assert [line.rpartition("[")[2] for line in broken] == [f"{second[:8]}, {first[:8]}]"]
    assert "5 revisions, 4 runs: 1 error, 0 warnings, 0 unknown" in out


def test_a_metric_that_is_gone_is_not_passed_over(lab: Lab, kit: Kit) -> None:
    cached(lab, "artifacts/evaluate/metrics.json").unlink()
    (lab.root / "artifacts/evaluate/metrics.json").unlink()
    assert levels(kit) == [("unknown", "artifacts/evaluate/metrics.json")]


@pytest.mark.parametrize("name", ["config.yaml", "conf/more.yaml"])
def test_variables_from_another_file_are_resolved(name: str, lab: Lab, kit: Kit) -> None:
    lab.write(name, "where: data/raw.csv\n")
    text = lab.read("dvc.yaml").replace("- data/raw.csv", "- ${where}")
    lab.write("dvc.yaml", f"vars: ['{name}:where']\n{text}")
    assert findings(kit) == []
    lab.commit("Variables")
    assert findings(kit, "HEAD") == []
    lab.write(name, "where: data/other.csv\n")
    lab.commit("Another file")
    assert ("error", "dvc.yaml") in levels(kit, "HEAD")
    assert findings(kit, "HEAD~1") == []


def test_a_metric_in_git_that_is_not_the_stage_s(lab: Lab, kit: Kit) -> None:
    lab.write("artifacts/evaluate/metrics.json", '{"accuracy": 0.99}')
    lab.commit("A better number")
    assert levels(kit, "HEAD") == [("error", "artifacts/evaluate/metrics.json")]


def test_a_changed_contract_is_a_warning(lab: Lab, kit: Kit) -> None:
    old = md5_of_bytes((lab.root / RECORD).read_bytes())
    lab.write("contracts/head.yaml", "kind: json\nschema: {}\n")
    digest = subprocess.check_output(["sha256sum", "contracts/head.yaml"], text=True).split()[0]
    replace(RECORD, '"contracts": {}', f'"contracts": {{"head": "{digest}"}}')
    replace("dvc.lock", old, lab.store(RECORD))
    assert findings(kit) == []
    lab.write("contracts/head.yaml", "kind: json\nschema: {type: object}\n")
    assert levels(kit) == [("warning", "contracts/head.yaml")]
    (lab.root / "contracts/head.yaml").unlink()
    assert levels(kit) == [("warning", "contracts/head.yaml")]


def remote(lab: Lab, tmp_path: Path) -> Path:
    store = tmp_path / "store"
    shutil.copytree(lab.root / ".dvc/cache", store)
    lab.write(".dvc/config", f"[core]\n    remote = store\n['remote \"store\"']\n    url = {store}\n")
    return store


def test_the_remote_is_read_with_deep(lab: Lab, kit: Kit, tmp_path: Path) -> None:
    store = remote(lab, tmp_path)
    assert findings(kit, "--deep") == []
    there = store / cached(lab, HEAD).relative_to(lab.root / ".dvc/cache")
    flip(there)
    assert findings(kit) == []
    assert [(level, place) for level, place, _ in findings(kit, "--deep")] == [("error", HEAD)]
    assert "the remote holds other bytes under its hash" in findings(kit, "--deep")[0][2]
    there.unlink()
    assert levels(kit, "--deep") == [("warning", HEAD)]


def test_a_remote_that_cannot_be_reached_is_unknown(lab: Lab, kit: Kit, tmp_path: Path) -> None:
    lab.write(".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = http://127.0.0.1:9/store\n")
    found = findings(kit, "--deep", "HEAD")
    assert {level for level, _, _ in found} == {"unknown"}
    assert all("remote: " in message for _, _, message in found)


def test_a_cold_clone_has_only_unknowns(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    subprocess.run(["git", "clone", "--quiet", ".", "../cold"], check=True)
    monkeypatch.chdir("../cold")
    assert {level for level, _ in levels(kit)} == {"unknown"}
    assert kit("verify", "--allow-unknown")[0] == 0


def test_a_shallow_clone_says_so(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    url = lab.root.as_uri()
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", url, "../shallow"], check=True)
    shutil.copytree(".dvc/cache", "../shallow/.dvc/cache")
    monkeypatch.chdir("../shallow")
    assert levels(kit, "--all") == [("unknown", "history")]


def test_unsigned_commits_where_signing_is_asked_for(lab: Lab, kit: Kit, tmp_path: Path) -> None:
    with (lab.root / "pyproject.toml").open("a") as file:
        file.write("[tool.kit.verify]\nsigned = true\n")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (tmp_path / "allowed").write_text(f"tester@example.com {key.with_suffix('.pub').read_text()}")
    lab.commit("Ask for signatures")
    assert levels(kit, "HEAD") == [("error", "commit")]
    for name, value in [("gpg.format", "ssh"), ("user.signingkey", str(key)), ("commit.gpgsign", "true")]:
        lab.git("config", name, value)
    lab.commit("Signed")
    assert [level for level, _ in levels(kit, "HEAD")] == ["unknown"]
    lab.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "allowed"))
    assert findings(kit, "HEAD") == []
    assert levels(kit, "HEAD~1") == [("error", "commit")]


def test_names_with_spaces_quotes_and_markup(tmp_path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = "artifacts/split/a b'\"<i>&.csv"
    module, deps, outs = CHAIN["split"]
    lab = Lab(tmp_path / "lab", {"split": (module, deps, [odd, outs[1]])})
    monkeypatch.chdir(lab.root)
    lab.data("data/raw.csv", RAW)
    lab.repro()
    lab.commit()
    assert findings(kit, "--all") == []
    flip(cached(lab, odd))
    assert levels(kit, "HEAD") == [("error", odd)]


def test_an_environment_that_was_changed(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder that stands for an environment, with one package in it."""
    from kit.environments.contents import fingerprint
    from kit.environments.environment import environment_key
    from kit.environments.interpreters import interpreter_for
    from kit.lineage import History

    monkeypatch.setenv("KIT_CACHE_DIR", str(tmp_path / "cache"))
    source = History.of(lab.root).revision().source("head")
    assert source
    assert source.lock
    folder = tmp_path / "cache/environments" / environment_key(source.lock, interpreter_for("3.11"))
    packages = folder / "lib/python3.11/site-packages"
    info = packages / "numpy-2.0.0.dist-info"
    info.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(os.sys.executable)
    (packages / "numpy.py").write_text("x = 1\n")
    (info / "RECORD").write_text("numpy.py,sha256=Q3OXlGV7RQcBUmRGLRVbMZTUXF7F3S_5bIMp4cCzXiw,6\n")
    manifest = {"installed": {"differs_from_lock": []}, "fingerprint": fingerprint(folder)}
    (folder / "environment.json").write_text(json.dumps(manifest))
    (folder / "last-use").touch()
    assert [place for _, place in levels(kit)] == []
    assert "differ from their wheel" in findings(kit, "--deep")[0][2]
    (packages / "numpy.py").write_text("x = 22\n")
    assert "its environment changed after it was built" in findings(kit)[0][2]


@pytest.mark.parametrize("rev", ["nope", "HEAD:dvc.lock", "main..HEAD"])
def test_a_revision_that_does_not_exist(rev: str, lab: Lab, kit: Kit) -> None:
    code, out, error = kit("verify", rev)
    assert (code, out, error) == (1, "", f"kit: {rev}: no such revision, branch, tag or experiment\n")


def test_a_number_forged_in_a_commit_and_its_lock(lab: Lab, kit: Kit) -> None:
    """Nothing but the run record's SHA-256 tells."""
    forged_metric(lab)
    lab.commit("Numbers")
    lab.git("checkout", "--quiet", "HEAD~1")
    found = findings(kit, "main")
    assert ("error", "artifacts/evaluate/metrics.json") in [(level, place) for level, place, _ in found]
    assert findings(kit, "HEAD") == []

"""What the kit says of stages as DVC allows them: several files of parameters, folders, frozen, always run, wdir."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace
from random_pipelines import GIT, HASH, repro

from kit.lineage import History, StalenessChecker

Kit = Callable[..., tuple[int, str, str]]
FILES = {
    "hash.sh": HASH,
    ".dvcignore": ".DS_Store\n",
    "params.yaml": "keep_some: 1\n",
    "conf/extra.yaml": "lr: 0.1\nother: 1\n",
    "conf/extra.json": '{"model": {"lr": 0.1}}\n',
    "conf/extra.toml": "[model]\nlr = 0.1\n",
    "conf/extra.py": "class Model:\n    lr = 0.1\n",
    "data/raw.txt": "raw\n",
    "sub/own.txt": "own\n",
    "dvc.yaml": """\
stages:
  split:
    cmd: sh hash.sh split out/split/ -- data/raw.txt
    deps: [data/raw.txt]
    outs: [out/split]
  train:
    cmd: sh hash.sh train out/train.txt -- out/split/a.txt params.yaml conf/extra.yaml
    deps: [out/split/a.txt]
    params: [keep_some, conf/extra.yaml: [lr]]
    outs: [out/train.txt]
  inner:
    wdir: sub
    cmd: sh ../hash.sh inner made.txt -- own.txt ../out/train.txt ../conf/extra.yaml
    deps: [own.txt, ../out/train.txt]
    params: [../conf/extra.yaml: [lr]]
    outs: [made.txt]
""",
}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three plain stages that have run; also the working directory."""
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    monkeypatch.setenv("EXECUTED", "")
    root = tmp_path / "project"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / ".dvc").mkdir()
    (root / ".dvc/config").touch()
    (root / ".dvc/.gitignore").write_text("/cache\n/tmp\n/config.local\n")
    monkeypatch.chdir(root)
    subprocess.run(["git", "init", "--quiet"], check=True)
    repro(root)
    commit()
    return root


def commit() -> None:
    subprocess.run(["git", "add", "."], check=True)
    subprocess.run([*GIT, "commit", "--quiet", "--message", "Change"], check=True)


def stale(root: Path, allow_missing: bool = True) -> list[str]:
    return StalenessChecker(History.of(root), allow_missing=allow_missing).stale()


def test_what_just_ran_is_not_stale(root: Path, kit: Kit) -> None:
    assert stale(root) == stale(root, allow_missing=False) == []
    for stage in ("split", "train", "inner"):
        assert kit("why", stage)[1] == f"{stage}: nothing changed; `dvc repro` skips it\n"
    assert kit("verify") == (0, kit("verify")[1], "")


@pytest.mark.parametrize(
    ("file", "entry", "edit"),
    [
        ("conf/extra.yaml", "[lr]", ("lr: 0.1", "lr: 0.2")),
        ("conf/extra.yaml", "[]", ("other: 1", "other: 2")),
        ("conf/extra.json", "[model.lr]", ("0.1", "0.2")),
        ("conf/extra.json", "[]", ("0.1", "0.2")),
        ("conf/extra.toml", "[model.lr]", ("0.1", "0.2")),
        ("conf/extra.py", "[Model.lr]", ("0.1", "0.2")),
        ("conf/extra.py", "[]", ("0.1", "0.2")),
    ],
)
def test_any_declared_file_of_parameters_counts(
    file: str, entry: str, edit: tuple[str, str], root: Path, kit: Kit
) -> None:
    replace("dvc.yaml", "params: [keep_some, conf/extra.yaml: [lr]]", f"params: [keep_some, {file}: {entry}]")
    replace("dvc.yaml", "params.yaml conf/extra.yaml", f"params.yaml {file}")
    repro(root)
    assert kit("why", "train")[1] == "train: nothing changed; `dvc repro` skips it\n"
    replace(file, *edit)
    assert "train" in stale(root)
    assert f"params: {file}: " in (said := kit("why", "train")[1]), said
    assert "none" not in said
    assert "train" in repro(root)[0]
    assert kit("why", "train")[1] == "train: nothing changed; `dvc repro` skips it\n"


def test_a_parameter_that_no_stage_names_changes_nothing(root: Path) -> None:
    replace("conf/extra.yaml", "other: 1", "other: 2")
    assert stale(root) == []


def test_a_file_of_parameters_that_cannot_be_read_is_named(root: Path, kit: Kit) -> None:
    Path("conf/extra.yaml").write_text("lr: [\n")
    code, _, error = kit("why", "train")
    assert code == 1
    assert error.startswith("kit: conf/extra.yaml:2: invalid YAML: ")


def test_a_dep_in_the_folder_of_another_stage_has_a_maker(root: Path, kit: Kit) -> None:
    replace("data/raw.txt", "raw", "other")
    assert stale(root) == ["split", "train", "inner"]
    assert "after split, which would run" in kit("why", "train")[1]


def test_a_dep_in_the_folder_of_another_stage_is_not_stale_in_a_clone_without_data(root: Path, kit: Kit) -> None:
    shutil.rmtree("out")
    shutil.rmtree(".dvc/cache")
    assert kit("stages", "--stale") == (0, "", "")


def test_what_a_stage_read_of_another_folder_is_held_against_what_was_made(root: Path, kit: Kit) -> None:
    lock = Path("dvc.lock").read_text()
    replace("data/raw.txt", "raw", "other")
    repro(root)
    commit()
    new = Path("dvc.lock").read_text()
    train = lock[
        lock.index("  train:") : lock.index("  inner:") if lock.index("  inner:") > lock.index("  train:") else None
    ]
    now = new[new.index("  train:") : new.index("  inner:") if new.index("  inner:") > new.index("  train:") else None]
    Path("dvc.lock").write_text(new.replace(now, train))
    assert "stage train read other bytes of out/split/a.txt than stage split made" in kit("verify")[1]


def test_a_stage_that_always_runs(root: Path, kit: Kit) -> None:
    replace("dvc.yaml", "    deps: [out/split/a.txt]", "    always_changed: true\n    deps: [out/split/a.txt]")
    assert kit("why", "train")[1] == "train: would run, as it does each time\n"
    assert stale(root) == ["train", "inner"]
    assert repro(root)[0] == {"train"}
    assert kit("verify", "--allow-unknown")[0] == 0
    assert StalenessChecker(History.of(root)).outdated("inner") == []


def test_a_frozen_stage_is_a_decision(root: Path, kit: Kit) -> None:
    replace("dvc.yaml", "    deps: [out/split/a.txt]", "    frozen: true\n    deps: [out/split/a.txt]")
    replace("conf/extra.yaml", "lr: 0.1", "lr: 0.2")
    assert stale(root) == ["inner"]
    said = kit("why", "train")[1]
    assert said.startswith("train: frozen, so `dvc repro` does not run it until `dvc unfreeze train`; what changed")
    assert "params: conf/extra.yaml: lr: 0.1 → 0.2" in said
    assert repro(root)[0] == {"inner"}
    assert stale(root) == []
    commit()
    code, said, _ = kit("verify", "--allow-unknown")
    assert code == 0, said
    assert said.startswith("warning: conf/extra.yaml: lr is 0.2 here, but was 0.1 when stage train ran"), said
    assert "stage train is frozen: `dvc unfreeze train` lets it run" in said


def test_a_stage_with_a_working_directory(root: Path, kit: Kit) -> None:
    assert kit("check")[1:] == ("", "") or "sub/" not in kit("check")[1]
    replace("sub/own.txt", "own", "other")
    assert stale(root) == ["inner"]
    assert "data: sub/own.txt: " in kit("why", "inner")[1]
    assert repro(root)[0] == {"inner"}
    assert stale(root) == []


def test_results_come_from_the_cache_where_they_alone_changed(root: Path, kit: Kit) -> None:
    Path("out/train.txt").unlink()
    said = kit("why", "train")[1]
    assert said.startswith("train: would not run; `dvc repro` brings its results back from DVC's cache\n"), said
    assert kit("why", "inner")[1] == "inner: nothing changed; `dvc repro` skips it\n"
    assert repro(root)[0] == set()
    assert Path("out/train.txt").is_file()


def test_a_stage_that_has_never_run_and_reads_from_a_store(root: Path, kit: Kit) -> None:
    with Path("dvc.yaml").open("a") as file:
        file.write(
            "  far:\n    cmd: sh hash.sh far out/far.txt --\n    deps: [s3://bucket/x]\n    outs: [out/far.txt]\n"
        )
    assert kit("why", "far")[1].startswith("far: would run\n  wiring: it has never run")


def test_what_dvc_brings_back_holds_up_nothing(root: Path, kit: Kit) -> None:
    """As after `kit run`, which writes what dvc.lock does not know: the results in the lock are still of the inputs."""
    Path("out/train.txt").chmod(0o644)
    Path("out/train.txt").write_text("by hand\n")
    assert "out/train.txt: is not what the stage made" in kit("why", "train")[1]
    for allow_missing in (True, False):
        assert StalenessChecker(History.of(root), allow_missing).outdated("inner") == []


def test_a_metric_that_is_gone_is_brought_back_if_the_cache_has_it(root: Path, kit: Kit) -> None:
    replace("dvc.yaml", "outs: [out/train.txt]", "metrics: [out/train.txt: {cache: false}]")
    Path("out/train.txt").unlink()
    said = kit("why", "train")[1]
    assert "brings its results back from DVC's cache\n  data: out/train.txt: is not here (in the cache)" in said, said
    assert repro(root)[0] == set()


def test_an_ignored_file_in_a_result_is_no_change(root: Path, kit: Kit) -> None:
    Path("out/split/.DS_Store").write_text("finder\n")
    assert stale(root) == []
    assert kit("verify", "--allow-unknown")[0] == 0


def test_programs_get_json(root: Path, kit: Kit) -> None:
    replace("conf/extra.yaml", "lr: 0.1", "lr: 0.2")
    found = json.loads(kit("why", "train", "--format", "json")[1])
    assert found["would_run"] is True
    assert found["causes"][0]["kind"] == "params"
    assert found["frozen"] is found["always"] is found["checkout"] is False

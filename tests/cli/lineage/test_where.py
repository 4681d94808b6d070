"""Projects in a subfolder of their repository, bare repositories, linked worktrees and odd branches."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from lab import Lab, chain

Kit = Callable[..., tuple[int, str, str]]
HEAD = "artifacts/train/head.safetensors"


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The project as a folder of a larger repository; its second commit changes the head's seed."""
    lab = chain(tmp_path / "outer/projects/digits")
    lab.git("init", "--quiet", "--initial-branch", "main", str(tmp_path / "outer"))
    shutil.rmtree(lab.root / ".git")
    monkeypatch.chdir(lab.root)
    lab.write("../../unrelated.dvc", "outs: []\n")
    lab.commit("Move in")
    lab.params["head"] = {"seed": 1}
    lab.repro()
    lab.commit("Another seed")
    return lab


def test_a_project_in_a_subfolder(inside: Lab, kit: Kit) -> None:
    assert kit("verify", "--all")[0] == 0
    assert f"{HEAD}, md5 {inside.store(HEAD)[:12]}, matches" in kit("trace", HEAD)[1]
    assert "  params: params.yaml: head.seed: 0 → 1\n" in kit("why", "HEAD~1", "HEAD")[1]
    assert "now in main" in kit("impact", "data/raw.csv")[1]
    shutil.copy("modules/head/run.py", "../elsewhere")
    assert "same bytes as a file in Git: modules/head/run.py" in kit("find", "../elsewhere")[1]
    assert kit("report")[0] == 0


def test_a_bare_repository_says_what_it_cannot_do(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.git("clone", "--quiet", "--bare", ".", "../bare")
    monkeypatch.chdir("../bare")
    assert kit("verify", "--all", "--allow-unknown")[0] == 0
    assert kit("report", "-o", "../page.html")[0] == 0
    assert "train" in kit("impact", "head@1.0.0")[1]
    for command in (("replay", "train"), ("why", "train")):
        code, out, error = kit(*command)
        assert (code, out) == (1, "")
        assert error.endswith("is a bare repository, without files and data; do this in a clone of it\n")


def test_a_linked_worktree(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.git("worktree", "add", "--quiet", "../linked", "-b", "linked")
    shutil.copytree(".dvc/cache", "../linked/.dvc/cache")
    monkeypatch.chdir("../linked")
    assert kit("verify")[0] == 0
    assert "now in branch linked, branch main" in kit("find", "../lab/" + HEAD)[1]


def test_a_shallow_clone_is_cut_off_and_says_so(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.commit("Later")
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", lab.root.as_uri(), "../shallow"], check=True)
    shutil.copytree(".dvc/cache", "../shallow/.dvc/cache")
    monkeypatch.chdir("../shallow")
    assert "head 1.0.0, unknown in" in kit("trace", "train")[1]
    assert "the history ends here (shallow clone)" in kit("trace", "train")[1]
    assert "`git fetch --unshallow` brings the rest" in kit("trace", "train", "--rev", "HEAD~1")[2]


def test_a_detached_head_and_branches_with_odd_names(lab: Lab, kit: Kit) -> None:
    lab.git("branch", "feature/ü-1")
    lab.git("checkout", "--quiet", "--detach")
    assert "feature/ü-1" in kit("impact", "data/raw.csv")[1]
    assert kit("verify", "feature/ü-1")[0] == 0


def test_a_repository_without_commits(tmp_path: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path / "new", {"split": ("splitter", ["data/raw.csv"], ["artifacts/split/x.csv"])})
    lab.data("data/raw.csv", "x\n")
    lab.repro()
    monkeypatch.chdir(lab.root)
    assert "executed, not committed" in kit("trace", "split")[1]
    assert kit("verify")[0] == 0
    assert kit("impact", "data/raw.csv")[0] == 0
    assert kit("report")[0] == 0
    assert kit("why", "HEAD", "HEAD")[2] == "kit: HEAD: no such revision, branch, tag or experiment\n"

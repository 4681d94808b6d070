"""Which stages dvc.lock has no results for, told without data; and the report for reviewers."""

import shutil
from collections.abc import Callable

import pytest
from lab import Lab

from kit.lineage import History, StalenessChecker

Kit = Callable[..., tuple[int, str, str]]


def stale(lab: Lab) -> list[str]:
    return StalenessChecker(History.of(lab.root), allow_missing=True).stale()


def test_what_ran_is_not_stale(lab: Lab) -> None:
    assert stale(lab) == []


def test_no_data_is_needed_to_know(lab: Lab) -> None:
    for folder in ("artifacts", ".dvc/cache"):
        shutil.rmtree(lab.root / folder)
    (lab.root / "data/raw.csv").unlink()
    assert stale(lab) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("code", ["encode", "train", "evaluate"]),
        ("parameter", ["train", "evaluate"]),
        ("data", ["split", "encode", "train", "evaluate"]),
        ("card", []),
        ("new stage", ["later"]),
    ],
)
def test_a_change_makes_its_stage_and_what_follows_stale(change: str, found: list[str], lab: Lab) -> None:
    if change == "code":
        lab.write("modules/encoder/run.py", "# other\n")
    elif change == "parameter":
        lab.params["head"] = {"seed": 9}
        lab.declare()
    elif change == "data":
        lab.data("data/raw.csv", "id,x\n1,1\n")
    elif change == "card":
        lab.write("modules/encoder/README.md", "words\n")
    else:
        later = ("later", ["artifacts/evaluate/metrics.json"], ["artifacts/later/o.csv"])
        lab.stages = {**lab.stages, "later": later}
        lab.module("later")
        lab.declare()
    assert stale(lab) == found


def test_stages_are_listed_for_scripts(lab: Lab, kit: Kit) -> None:
    assert kit("stages") == (0, "split\nencode\ntrain\nevaluate\n", "")
    assert kit("stages", "--stale") == (0, "", "")
    path = lab.root / "modules/head/module.yaml"
    path.write_text(path.read_text().replace("device: cpu", "device: cuda"))
    assert kit("stages", "--device", "cuda") == (0, "train\n", "")
    assert kit("stages", "--device", "cpu") == (0, "split\nencode\nevaluate\n", "")
    assert kit("stages", "--device", "cuda", "--stale") == (0, "train\n", "")


def review(lab: Lab, kit: Kit, against: str) -> str:
    assert kit("report", "--against", against)[0] == 0
    return lab.read("report.md")


def test_the_report_says_that_nothing_changed(lab: Lab, kit: Kit) -> None:
    text = review(lab, kit, "HEAD")
    assert "All 1 metrics are those of HEAD." in text
    assert "4 of 4 stages are as in HEAD." in text
    assert "<details>" not in text


def test_the_report_says_what_was_run_where_and_why(lab: Lab, kit: Kit) -> None:
    lab.params["head"] = {"seed": 9}
    lab.repro()
    text = review(lab, kit, "HEAD")
    assert "| train    | ran here, " in text
    assert "dvc.lock is not that of the commit" in text
    assert "params: params.yaml: head.seed: 0 → 9" in text
    lab.commit("Seed 9")
    text = review(lab, kit, "HEAD^")
    assert "| train    | was run before the commit |" in text
    assert "dvc.lock is not that of the commit" not in text


def test_the_report_says_who_waits_for_a_gpu(lab: Lab, kit: Kit) -> None:
    path = lab.root / "modules/head/module.yaml"
    path.write_text(path.read_text().replace("device: cpu", "device: cuda"))
    text = review(lab, kit, "HEAD")
    assert "| train    | **waits for a GPU**" in text
    assert "| evaluate | did not run " in text


def test_the_report_says_what_nobody_else_can_get(lab: Lab, kit: Kit) -> None:
    store = lab.root.parent / "store"
    lab.write(".dvc/config", f"[core]\n    remote = s\n['remote \"s\"']\n    url = {store}\n")
    assert "**8 of 8 results are not at the remote: `dvc push --run-cache`.**" in review(lab, kit, "HEAD")
    shutil.copytree(lab.root / ".dvc/cache", store)
    assert "not at the remote" not in review(lab, kit, "HEAD")
    lab.write(".dvc/config", "[core]\n    remote = s\n['remote \"s\"']\n    url = gs://bucket/store\n")
    assert "Whether all results are kept is not known: remote: " in review(lab, kit, "HEAD")

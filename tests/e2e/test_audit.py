"""docs/audit.md: every answer held against what the story's script is known to have done."""

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from audit_story import blocks, normal, run, shows
from e2e_project import Baked

OLD_DATA = "a0339c30a8a5312a1b6f9e5c719dcce5"
METRICS = "artifacts/evaluate/metrics.json"
HEAD = "artifacts/train/head.safetensors"
AFTER_HEAD = {"artifacts/predict/predictions.parquet", HEAD, METRICS}


@dataclass(frozen=True)
class Story:
    """The project after the story, and what each block of the page printed."""

    project: Baked
    printed: list[str]

    def json(self, *command: str) -> Any:
        """The answer; a warning may follow it."""
        printed = self.project.run(*command, "--format", "json", check=False)
        return json.JSONDecoder().raw_decode(printed)[0]

    def git(self, *command: str) -> str:
        return self.project.run("git", *command).strip()


@pytest.fixture(scope="module")
def story(finished: Baked, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Not to be changed."""
    root = tmp_path_factory.mktemp("audit") / "my-project"
    shutil.copytree(finished.root, root, symlinks=True, ignore=shutil.ignore_patterns(".venv"))
    project = Baked(root, root / ".venv/bin")
    project.run("uv", "sync", "--quiet", "--frozen")  # an environment of its own: the page adds extras to it
    text = (root / "docs/audit.md").read_text()
    return Story(project, [run(project, block) for block in blocks(text)])


def test_the_page_shows_what_is_printed(story: Story) -> None:
    page = blocks((story.project.root / "docs/audit.md").read_text())
    told = [(block, printed) for block, printed in zip(page, story.printed, strict=True) if shows(block)]
    assert len(told) > 10
    for block, printed in told:
        assert normal(printed) == normal(block.printed or ""), block.commands


def test_the_story_is_long_enough(story: Story) -> None:
    assert int(story.git("rev-list", "--count", "--branches")) >= 12
    assert set(story.git("branch", "--format=%(refname:short)").split()) == {"main", "tune", "careless", "forged"}
    assert len(story.git("log", "--merges", "--format=%h", "main").split()) == 1
    assert len(story.project.run("dvc", "exp", "list", "--all-commits", "--name-only").split()) == 4


def test_impact_recalls_exactly_what_read_the_wrong_data(story: Story) -> None:
    """Of every commit and experiment but those after the correction."""
    wrong, right = set(), set()
    for ref in story.git("for-each-ref", "--format=%(refname)", "refs/heads", "refs/exps").split():
        for commit in story.git("rev-list", ref).split():
            lock = story.project.run("git", "show", f"{commit}:dvc.lock", check=False)
            if "schema: '2.0'" in lock:
                (wrong if OLD_DATA in lock else right).add(commit)
    affected = story.json("kit", "impact", OLD_DATA)["affected"]
    named = {commit for result in affected for commit in result["commits"]}
    assert named == wrong
    assert not named & right
    assert len(right) == 3  # the correction, and the two branches from it
    rows = csv.DictReader(io.StringIO(story.project.run("kit", "impact", OLD_DATA, "--format", "csv")))
    assert {row["versions"] for row in rows if row["path"] == METRICS} == {"", "digits@v1.0.0"}


def test_impact_of_a_module_and_of_a_package(story: Story) -> None:
    heads = {result["path"] for result in story.json("kit", "impact", "head_linear@1.0.0")["affected"]}
    assert heads >= AFTER_HEAD
    assert not any(path.startswith(("artifacts/encode", "artifacts/split", "artifacts/drift")) for path in heads)
    six = story.json("kit", "impact", "six==1.17.0")["affected"]
    named = {commit for result in six for commit in result["commits"]}
    assert named == {story.git("rev-parse", ref) for ref in ("main", "main~1", "forged")}


def test_find_knows_the_renamed_checkpoint(story: Story) -> None:
    found = story.json("kit", "find", "mail.bin")
    assert [entry["path"] for entry in found] == ["artifacts/encode/encoder.safetensors"]
    assert found[0]["how"].startswith("same tensors")
    assert set(found[0]["refs"]) == {"refs/heads/main", "refs/heads/careless", "refs/heads/forged"}


def test_going_back_to_an_encoder_is_a_restoration(story: Story) -> None:
    back = story.git("log", "--format=%H", "--grep", "Back to convolutions", "main")
    nodes = story.json("kit", "trace", "encode", "--rev", back)
    assert (nodes[0]["status"], nodes[0]["since"]) == ("restored", back)
    pca = story.git("log", "--format=%H", "--grep", "Try PCA", "main")
    nodes = story.json("kit", "trace", "encode", "--rev", pca)
    assert (nodes[0]["status"], nodes[0]["module"]) == ("executed", "encoder_pca")


def test_every_node_of_a_trace_is_here_and_as_recorded(story: Story) -> None:
    nodes = story.json("kit", "trace", "gate")
    assert {node["state"] for node in nodes if node["kind"] == "artifact"} == {"matches"}
    assert {node["stage"] for node in nodes if node["kind"] == "execution"} >= {"ingest", "split", "encode", "train"}


WHY = [
    ("tune~1", "tune", "train", "params", "head_linear.C: 0.5 → 2.0"),
    ("digits@v1.0.0", "tiny", "train", "params", "head_linear.C: 1.0 → 0.1"),
    ("main~4", "main~3", "encode", "params", "slots.encoder: encoder_conv → encoder_pca"),
    ("main~2", "main~1", "train", "environment", "six none → 1.17.0"),
    ("main~1", "main", "ingest", "data", "1 of 1797 lines differs, the first is line 7"),
    ("main", "careless", "train", "code", "no commit here has the code"),
]


@pytest.mark.parametrize(("left", "right", "stage", "kind", "words"), WHY)
def test_why_names_what_the_script_changed(
    left: str, right: str, stage: str, kind: str, words: str, story: Story
) -> None:
    first = story.json("kit", "why", left, right)["divergences"][0]
    assert (first["stage"], first["causes"][0]["kind"]) == (stage, kind)
    assert words in first["causes"][0]["summary"]


def test_a_package_without_effect_gives_the_same_bytes(story: Story) -> None:
    answer = story.json("kit", "why", "main~2", "main~1")
    assert answer["level"] == "identical bytes"
    assert [divergence["effect"] for divergence in answer["divergences"]] == [False]


def test_verify_finds_the_careless_and_the_forged_commit_and_nothing_else(story: Story) -> None:
    found = story.json("kit", "verify", "--all")["findings"]
    by_place = {finding["place"]: (finding["level"], finding["revisions"]) for finding in found}
    careless, forged = (story.git("rev-parse", branch)[:8] for branch in ("careless", "forged"))
    assert by_place == {"modules/head_linear": ("error", [careless]), METRICS: ("error", [forged])}


def test_a_fresh_clone_without_data_answers_too(story: Story, tmp_path: Path) -> None:
    subprocess.run(["git", "clone", "--quiet", str(story.project.root), str(tmp_path / "clone")], check=True)
    clone = Story(Baked(tmp_path / "clone", story.project.tools), [])
    assert {f["level"] for f in clone.json("kit", "verify", "--all")["findings"]} == {"error", "unknown"}
    errors = [f["place"] for f in clone.json("kit", "verify", "--all")["findings"] if f["level"] == "error"]
    assert errors == ["modules/head_linear"]  # what gives the forger away is in the record, which is not here
    affected = clone.json("kit", "impact", "head_linear@1.0.0")["affected"]
    assert {result["path"] for result in affected} >= AFTER_HEAD
    answer = clone.json("kit", "why", "origin/tune~1", "origin/tune")
    assert answer["divergences"][0]["causes"][0]["summary"] == "params.yaml: head_linear.C: 0.5 → 2.0"
    nodes = clone.json("kit", "trace", HEAD)
    assert {node["status"] for node in nodes if node["kind"] == "execution"} == {"unknown"}
    assert {node["version"] for node in nodes if node["kind"] == "execution"} == {"1.0.0", "1.1.0"}
    found = clone.json("kit", "find", str(story.project.root / HEAD))
    assert found[0]["path"] == HEAD


def test_the_exports_of_a_real_project_are_signed_and_the_page_stands_alone(story: Story) -> None:
    root = story.project.root
    crate = json.loads((root / "exports/my-project-crate/ro-crate-metadata.json").read_text())
    assert sum(entity["@type"] == "CreateAction" for entity in crate["@graph"]) == 13
    page = (root / "report.html").read_text()
    assert "Nothing is wrong with the 12 runs" in page
    assert not re.search(r"""(src|href)=["'](?!#)""", page)
    assert "huge" in page

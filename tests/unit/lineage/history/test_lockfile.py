"""dvc.lock is read as a whole parser would read it, however it is written."""

import random

import pytest

from kit.errors import KitError
from kit.formats import yaml12
from kit.lineage import Execution
from kit.lineage.history.lockfile import LockReader

STAGE = """  {name}:
    cmd: kit run {name}
    deps:
    - path: modules/{name}
      hash: md5
      md5: {md5}.dir
      size: 1
    params:
      params.yaml:
        {name}:
          rate: {value}
    outs:
    - path: artifacts/{name}/out.csv
      hash: md5
      md5: {md5}
      size: 1
"""
HEADER = "schema: '2.0'\nstages:\n"


def stage(name: str, value: object = 1) -> str:
    return STAGE.format(name=name, md5="0" * 32, value=value)


def plain(text: str) -> dict[str, str]:
    return {name: Execution(name, entry).id for name, entry in yaml12.load(text)["stages"].items()}


def read(text: str, *seen_before: str) -> dict[str, str]:
    reader = LockReader()
    for other in seen_before:
        reader.read(other, "dvc.lock")
    return {name: execution.id for name, execution in reader.read(text, "dvc.lock").items()}


def test_equal_entries_of_two_locks_are_one_object() -> None:
    reader = LockReader()
    first = reader.read(HEADER + stage("a") + stage("b"), "dvc.lock")
    second = reader.read(HEADER + stage("a") + stage("b", 2), "dvc.lock")
    assert first["a"] is second["a"]
    assert first["b"] is not second["b"]


TRAPS = {
    "a quote that swallows the next stage": HEADER + stage("a", '"x\n  b:\n    y"') + stage("c"),
    "a block that looks like a stage": HEADER + stage("a", "|\n            b:\n             cmd: x"),
    "an anchor in one stage and its alias in another": HEADER + stage("a", "&x 5") + stage("b", "*x"),
    "a stage in braces": HEADER + stage("a") + "  b: {cmd: kit run b}\n",
    "a quoted name": HEADER + stage("a") + stage("b").replace("  b:", "  'b':", 1),
    "something after the stages": HEADER + stage("a") + "datasets: []\n",
    "something before them": "datasets: []\n" + HEADER + stage("a"),
    "a comment": HEADER + "  # words\n" + stage("a"),
    "a tag": HEADER + stage("a", "!!str 1") + stage("b"),
    "carriage returns": (HEADER + stage("a")).replace("\n", "\r\n"),
    "no stages": "schema: '2.0'\n",
}


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS)
def test_unusual_files_mean_what_they_say(text: str) -> None:
    expected = plain(text) if "stages" in yaml12.load(text) else {}
    seen = [HEADER + stage("a") + stage("b") + stage("c")]
    assert read(text) == read(text, *seen) == expected


def test_an_entry_that_was_seen_does_not_hide_a_broken_one() -> None:
    with pytest.raises(KitError, match=r"^dvc.lock"):
        read(HEADER + stage("a", "'open") + stage("b"), HEADER + stage("b"))


BROKEN = {
    "no YAML": ("stages: [", r"dvc.lock:\d+: invalid YAML"),
    "a stage twice": (HEADER + stage("a") + stage("a"), r"dvc.lock:\d+: invalid YAML: found duplicate key a"),
    "a list": ("- 1\n", "dvc.lock: is not what DVC writes"),
    "a stage without cmd": (HEADER + "  a:\n    deps: []\n", "dvc.lock: stage a is not what DVC writes"),
    "conflict markers": ("<<<<<<< HEAD\n" + HEADER, "dvc.lock:"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_what_dvc_did_not_write_is_refused(text: str, message: str) -> None:
    with pytest.raises(KitError, match=message):
        read(text)


def test_random_cuts_and_changes_never_mean_something_else() -> None:
    """Whatever is done to a lock's text, the stage-wise reader agrees with the plain one, or refuses as it does."""
    draw = random.Random(0)
    good = HEADER + "".join(
        stage(name, value) for name, value in [("a", 1), ("b", "'x'"), ("c", "[1, 2]"), ("d", '"y"')]
    )
    refused = 0
    for _ in range(1500):
        text = list(good)
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(HEADER), len(text))
            text[at : at + draw.randint(0, 4)] = draw.choice(
                ["'", '"', "\n", "  b:\n", "{", "|", "#", ": ", "- ", "", "\t"]
            )
        changed = "".join(text)
        try:
            expected = plain(changed)
        except Exception:
            refused += 1
            with pytest.raises(KitError):
                read(changed, good)
        else:
            assert read(changed, good) == expected, changed
    assert 100 < refused < 1400

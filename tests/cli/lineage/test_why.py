"""kit why: the first cause of a difference, by its name."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from acts import replace
from lab import RAW, Lab

from kit.lineage import Agreement, Comparison, History, why
from kit.lineage.compare.causes import Kind

Kit = Callable[..., tuple[int, str, str]]


def compared(lab: Lab) -> Comparison:
    return why(History.of(lab.root), "HEAD~1", "HEAD", lab.root)


def raw_row(lab: Lab) -> None:
    lab.data("data/raw.csv", RAW.replace("2,20", "2,21"))


def one_character(lab: Lab) -> None:
    replace("modules/encoder/run.py", "return 'encoder'", "return 'encodes'")


def param(lab: Lab) -> None:
    lab.params["encoder"] = {"seed": 3}


def package(lab: Lab) -> None:
    lab.pin("encoder", {"numpy": "2.0.1"})


def threads(lab: Lab) -> None:
    replace("modules/encoder/module.yaml", "cpus: 1", "cpus: 4")


def machine_threads(lab: Lab) -> None:
    """The same files on a machine that grants more threads; the results differ in their last bits."""
    lab.machine["threads"] = 4
    lab.hidden["encode"] = "four threads"


def other_processor(lab: Lab) -> None:
    lab.machine["cpu"] = "Other CPU"
    lab.hidden["encode"] = "other kernels"


def other_kernels(lab: Lab) -> None:
    lab.machine["variables"] = {"OPENBLAS_CORETYPE": "Haswell"}
    lab.hidden["encode"] = "other kernels"


def removed_dep(lab: Lab) -> None:
    module, deps, outs = lab.stages["train"]
    lab.stages = lab.stages | {"train": (module, deps[:1], outs)}


def unconfined(lab: Lab) -> None:
    lab.machine["isolation"] = "none"
    lab.hidden["encode"] = "a file that it read besides"


def chance(lab: Lab) -> None:
    lab.hidden["encode"] = "chance"


CAUSES = {
    raw_row: ("split", Kind.DATA, "data/raw.csv: 1 of 4 lines differs, the first is line 3"),
    one_character: ("encode", Kind.CODE, "modules/encoder: run.py"),
    param: ("encode", Kind.PARAMS, "params.yaml: encoder.seed: 0 → 3"),
    package: ("encode", Kind.ENVIRONMENT, "modules/encoder: numpy 2.0.0 → 2.0.1"),
    threads: ("encode", Kind.HARDWARE, "modules/encoder/module.yaml: threads 1 → 4"),
    machine_threads: ("encode", Kind.HARDWARE, "threads: 1 → 4"),
    other_processor: ("encode", Kind.HARDWARE, "processor: Test CPU → Other CPU"),
    other_kernels: ("encode", Kind.HARDWARE, "variables: "),
    removed_dep: ("train", Kind.WIRING, "artifacts/split/train.csv was read, and is no longer"),
    unconfined: ("encode", Kind.UNKNOWN, "unconfined: it may have read something undeclared"),
    chance: ("encode", Kind.NONDETERMINISM, "although the module declares to be deterministic"),
}


@pytest.mark.parametrize(("change", "expected"), CAUSES.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_first_cause_is_named(change: Callable[[Lab], None], expected: tuple[str, Kind, str], lab: Lab) -> None:
    lab.machine["isolation"] = "none" if change is unconfined else "landlock"
    change(lab)
    lab.repro()
    lab.commit()
    found = compared(lab)
    stage, kind, words = expected
    assert found.first
    assert (found.first.stage, found.first.causes[0].kind) == (stage, kind)
    assert words in found.first.causes[0].summary
    assert len(found.divergences) == 1
    order = ["split", "encode", "train", "evaluate"]
    assert list(found.followed) == order[order.index(stage) + 1 :]
    assert found.level == Agreement.DIFFERENT


def test_other_initial_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(tmp_path / "lab", {"tune": ("tuner", ["data/pretrained.safetensors"], ["artifacts/tune/x.safetensors"])})
    monkeypatch.chdir(lab.root)
    lab._write_result("data/pretrained.safetensors", b"0" * 32)
    for text in (b"1" * 32, b"2" * 32):
        lab._write_result("data/pretrained.safetensors", text)
        lab.store("data/pretrained.safetensors")
        lab.repro()
        lab.commit()
    found = compared(lab)
    assert found.first
    assert [cause.kind for cause in found.first.causes] == [Kind.WEIGHTS]


def test_a_code_change_shows_its_diff(lab: Lab, kit: Kit) -> None:
    one_character(lab)
    lab.repro()
    lab.commit()
    out = kit("why", "HEAD~1", "HEAD")[1]
    assert "first divergence: stage encode\n  code: modules/encoder: run.py\n" in out
    assert "    -    return 'encoder'\n    +    return 'encodes'\n" in out
    assert "followed: train, evaluate\nverdict: different\n" in out


def test_nothing_changed(lab: Lab, kit: Kit) -> None:
    lab.commit("Words")
    out = kit("why", "HEAD~1", "HEAD")[1]
    assert out.startswith("HEAD~1 and HEAD: nothing that decides a result differs\nverdict: identical bytes\n")


def test_a_parameter_that_is_no_number_is_the_same_on_both_sides(lab: Lab, kit: Kit) -> None:
    lab.params["encoder"] = {"seed": 0, "limit": float("nan")}
    lab.repro()
    lab.commit()
    lab.params["encoder"] = {"seed": 1, "limit": float("nan")}
    lab.repro()
    lab.commit()
    (divergence,) = compared(lab).divergences
    assert [cause.summary for cause in divergence.causes] == ["params.yaml: encoder.seed: 0 → 1"]


def test_what_is_shown_of_many_changes_is_cut(lab: Lab, kit: Kit) -> None:
    lab.params["encoder"] = {f"p{number}": number for number in range(1000)}
    lab.repro()
    lab.commit()
    out = kit("why", "HEAD~1", "HEAD")[1]
    assert len(out.splitlines()) < 60
    assert "  … 961 more; `--format json` lists them all\n" in out
    (divergence,) = compared(lab).divergences
    assert len(divergence.causes) == 1001


def test_a_change_without_effect_is_not_the_cause(lab: Lab) -> None:
    """The splitter's code changed and made the same; the seed of the head is what made the difference."""
    lab.insensitive = {"splitter"}
    lab.params["splitter"] = {"seed": 1}
    lab.repro()
    lab.commit()
    replace("modules/splitter/run.py", "return", "return  ")
    lab.params["head"] = {"seed": 1}
    lab.repro()
    lab.commit()
    found = compared(lab)
    assert found.first
    assert found.first.stage == "train"
    seen = [(divergence.stage, divergence.effect) for divergence in found.divergences]
    assert seen == [("split", False), ("train", True)]


def test_two_files_are_compared_by_their_lineages(lab: Lab, kit: Kit) -> None:
    old = lab.root / "old.safetensors"
    old.write_bytes((lab.root / "artifacts/train/head.safetensors").read_bytes())
    param(lab)
    lab.repro()
    lab.commit()
    out = kit("why", "old.safetensors", "artifacts/train/head.safetensors")[1]
    assert "first divergence: stage encode\n  params: params.yaml: encoder.seed: 0 → 3\nfollowed: train\n" in out
    assert "evaluate" not in out


def test_two_files_of_raw_data(lab: Lab, kit: Kit) -> None:
    lab.write("old.csv", lab.read("data/raw.csv"))
    raw_row(lab)
    lab.repro()
    lab.commit()
    out = kit("why", "old.csv", "data/raw.csv")[1]
    assert "data: data/raw.csv, data/raw.csv: 1 of 4 lines differs, the first is line 3" in out


def test_two_files_of_different_stages(lab: Lab, kit: Kit) -> None:
    out = kit("why", "artifacts/encode/encoder.safetensors", "artifacts/train/head.safetensors")[1]
    made = "made by stage encode (encoder), artifacts/train/head.safetensors by stage train (head)"
    assert f"first divergence: the makers\n  wiring: artifacts/encode/encoder.safetensors was {made}\n" in out


def test_a_file_and_itself(lab: Lab, kit: Kit) -> None:
    out = kit("why", "data/raw.csv", "data/raw.csv")[1]
    assert out.endswith("verdict: identical bytes\n  data/raw.csv: identical bytes\n")


def test_an_experiment_is_compared_with_a_branch(lab: Lab, kit: Kit) -> None:
    param(lab)
    lab.repro()
    lab.experiment("noisy-owl")
    assert "  params: params.yaml: encoder.seed: 0 → 3\n" in kit("why", "main", "noisy-owl")[1]


def test_without_records_the_machine_is_unknown(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    chance(lab)
    lab.repro()
    lab.commit()
    lab.git("clone", "--quiet", ".", "../cold")
    monkeypatch.chdir("../cold")
    out = kit("why", "HEAD~1", "HEAD")[1]
    assert "  unknown: same inputs, code and params; a run record is missing, so the machine is unknown\n" in out
    assert "verdict: unknown" in out or "verdict: different" in out


def test_a_stage_that_only_one_side_has(lab: Lab, kit: Kit) -> None:
    lab.stages = lab.stages | {"extra": ("splitter", ["data/raw.csv"], ["artifacts/extra/extra.csv"])}
    lab.repro()
    lab.commit()
    assert "first divergence: stage extra\n  wiring: the stage is only in HEAD\n" in kit("why", "HEAD~1", "HEAD")[1]


def random_pipeline(draw: random.Random, root: Path) -> Lab:
    """Three to seven stages; each reads one to three of what was made before, or raw data."""
    made, stages = ["data/raw.csv"], {}
    for number in range(draw.randint(3, 7)):
        deps = draw.sample(made, min(len(made), draw.randint(1, 3)))
        suffix = draw.choice(["csv", "safetensors", "json"])
        outs = [f"artifacts/s{number}/out{number}.{suffix}"]
        stages[f"s{number}"] = (f"m{number}", deps, outs)
        made += outs
    lab = Lab(root, stages)
    lab.data("data/raw.csv", RAW)
    lab.repro()
    lab.commit()
    return lab


def mutate(draw: random.Random, lab: Lab) -> tuple[set[str], Kind]:
    """One change; returns the stages that may be named first, and the class of the cause."""
    stage = draw.choice(list(lab.stages))
    module, deps, outs = lab.stages[stage]
    kind = draw.choice([kind for kind in Kind if kind not in (Kind.UNKNOWN, Kind.WEIGHTS)])
    if kind is Kind.DATA:
        lab.data("data/raw.csv", RAW.replace("30", str(draw.randint(31, 99))))
        return {name for name, (_, read, _) in lab.stages.items() if "data/raw.csv" in read}, kind
    if kind is Kind.CODE:
        lab.write(f"modules/{module}/run.py", lab.read(f"modules/{module}/run.py") + "#")
    elif kind is Kind.PARAMS:
        lab.params[module] = {"seed": draw.randint(1, 9)}
    elif kind is Kind.ENVIRONMENT:
        lab.pin(module, {"numpy": f"2.0.{draw.randint(1, 9)}"})
    elif kind is Kind.HARDWARE:
        lab.machine["cpu"] = "Other CPU"
        lab.hidden[stage] = "other kernels"
    elif kind is Kind.NONDETERMINISM:
        lab.hidden[stage] = "chance"
    elif len(deps) > 1:
        lab.stages = lab.stages | {stage: (module, deps[1:], outs)}
    else:
        extra = next((out for _, _, made in lab.stages.values() for out in made if out == deps[0]), None)
        lab.stages = lab.stages | {stage: (module, [*deps, "dvc.yaml"], outs)} if extra is None else lab.stages
        lab.stages = lab.stages | {stage: (module, [*deps, ".gitignore"], outs)}
    return {stage}, kind


@pytest.mark.parametrize("seed", range(100))
def test_one_random_change_in_a_random_pipeline_is_named(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    lab = random_pipeline(draw, tmp_path / "lab")
    stages, kind = mutate(draw, lab)
    lab.repro()
    lab.commit()
    found = compared(lab)
    assert found.first
    assert found.first.stage in stages
    assert {cause.kind for cause in found.first.causes} == {kind}
    assert {divergence.stage for divergence in found.divergences} == stages


WRONG = {
    "an unknown revision": (["HEAD", "nope"], "kit: nope: no such revision, branch, tag or experiment\n"),
    "a revision and a file": (
        ["HEAD", "artifacts/train/head.safetensors"],
        "kit: HEAD and artifacts/train/head.safetensors: ",
    ),
    "a commit before the first run": (["HEAD~1", "HEAD"], "kit: HEAD~1: has no dvc.lock; nothing had run there\n"),
    "an unknown stage": (["nope"], "kit: dvc.yaml: no stage nope; stages: split, encode, train, evaluate\n"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_compared(arguments: list[str], message: str, lab: Lab, kit: Kit) -> None:
    code, out, error = kit("why", *arguments)
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert error.startswith(message)


def test_machines_get_json(lab: Lab, kit: Kit) -> None:
    param(lab)
    lab.repro()
    lab.commit()
    answer = json.loads(kit("why", "HEAD~1", "HEAD", "--format", "json")[1])
    assert answer["level"] == "different"
    assert answer["divergences"][0]["causes"][0]["kind"] == "params"


PENDING = {
    raw_row: ("split", "split: would run\n  data: data/raw.csv: 1 of 4 lines differs, the first is line 3\n"),
    one_character: ("encode", "encode: would run\n  code: modules/encoder: run.py\n    --- a/modules/encoder/run.py\n"),
    param: ("encode", "encode: would run\n  params: params.yaml: encoder.seed: 0 → 3\n"),
    package: ("encode", "encode: would run\n  environment: modules/encoder: numpy 2.0.0 → 2.0.1\n"),
    threads: ("encode", "encode: would run\n  hardware or threads: modules/encoder/module.yaml: threads 1 → 4\n"),
    removed_dep: ("train", "train: nothing changed; `dvc repro` skips it\n  warning: dvc.lock still holds the dep "),
    chance: ("evaluate", "evaluate: nothing changed; `dvc repro` skips it\n"),
}


@pytest.mark.parametrize(("change", "expected"), PENDING.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_why_a_stage_would_run(change: Callable[[Lab], None], expected: tuple[str, str], lab: Lab, kit: Kit) -> None:
    change(lab)
    lab.declare()
    assert kit("why", expected[0])[1].startswith(expected[1])


def test_a_stage_after_one_that_would_run(lab: Lab, kit: Kit) -> None:
    param(lab)
    lab.declare()
    assert (
        kit("why", "train")[1] == "train: would run\n  after encode, which would run; skipped if that changes nothing\n"
    )


def test_results_that_are_gone_or_edited(lab: Lab, kit: Kit) -> None:
    lab.write("artifacts/evaluate/metrics.json", "{}")
    (lab.root / "artifacts/train/head.safetensors").unlink()
    assert (
        "artifacts/evaluate/metrics.json: is not what the stage made; it was changed since" in kit("why", "evaluate")[1]
    )
    assert "artifacts/train/head.safetensors: is not here (in the cache)" in kit("why", "train")[1]


def test_stages_that_wait_for_each_other(lab: Lab, kit: Kit) -> None:
    module, deps, outs = lab.stages["split"]
    lab.stages = lab.stages | {"split": (module, [*deps, "artifacts/evaluate/metrics.json"], outs)}
    lab.declare()
    code, out, error = kit("why", "train")
    assert (code, out) == (1, "")
    assert error.startswith("kit: dvc.yaml: the stages form a cycle: ")
    assert error.endswith("; remove one of these deps\n")


def test_a_stage_that_has_never_run(lab: Lab, kit: Kit) -> None:
    lab.stages = lab.stages | {"extra": ("splitter", ["data/raw.csv"], ["artifacts/extra/extra.csv"])}
    lab.declare()
    assert kit("why", "extra")[1] == "extra: would run\n  wiring: it has never run: dvc.lock does not have it\n"

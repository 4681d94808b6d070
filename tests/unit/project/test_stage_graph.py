"""Who makes a path: by containment."""

import pytest

from kit.dvc.stages import definition_of
from kit.project.stage import Stage
from kit.project.stage_graph import StageGraph


def stage(name: str, deps: list[str], outs: list[str], **more: object) -> Stage:
    definition = definition_of({"cmd": "true", "deps": deps, "outs": outs, **more})
    return Stage(name, "", definition.deps, {}, definition)


GRAPH = StageGraph(
    [
        stage("split", ["data/raw.csv"], ["out/split"]),
        stage("train", ["out/split/a.csv"], ["out/train/head.bin", "conf/made.yaml"]),
        stage("pack", ["out"], ["bundle"]),
        stage("tune", ["data/raw.csv"], ["tuned"], params=[{"conf/made.yaml": ["lr"]}]),
        stage("inner", ["../out/train/head.bin"], ["made.txt"], wdir="sub"),
    ]
)


@pytest.mark.parametrize(
    ("name", "before"),
    [("split", []), ("train", ["split"]), ("pack", ["split", "train"]), ("tune", ["train"]), ("inner", ["train"])],
)
def test_a_stage_waits_for_who_makes_what_it_reads(name: str, before: list[str]) -> None:
    assert GRAPH.before(GRAPH.stages[name]) == before


@pytest.mark.parametrize(
    ("path", "maker"),
    [
        ("out/split", "split"),
        ("out/split/a.csv", "split"),
        ("out/splitter", None),
        ("out", None),
        ("sub/made.txt", "inner"),
        ("data/raw.csv", None),
    ],
)
def test_the_maker_of_a_path_makes_all_of_it(path: str, maker: str | None) -> None:
    assert GRAPH.maker(path) == maker


def test_a_cycle_through_a_folder_is_found() -> None:
    graph = StageGraph([stage("a", ["out/b/x"], ["out/a"]), stage("b", ["out/a/y"], ["out/b"])])
    assert sorted(set(graph.cycle)) == ["a", "b"]
    assert graph.cycle[0] == graph.cycle[-1]
    assert GRAPH.cycle == []

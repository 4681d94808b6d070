"""The module graph as Mermaid, and its place in README.md."""

import re
from collections.abc import Iterator

from kit.project.pipeline import Pipeline
from kit.project.stage import MODULES, Stage
from kit.project.stage_graph import StageGraph

BEGIN, END = "<!-- graph: made by `kit graph --write` -->", "<!-- /graph -->"


def mermaid(pipeline: Pipeline) -> str:
    """A flowchart of stages; a slot is drawn rounded, raw data as a cylinder. Independent of what fills a slot."""
    lines = ["flowchart LR"]
    stages, graph = list(pipeline.stages()), pipeline.graph
    if not stages:
        lines.append('  none["no stages yet"]')
    raw = sorted({dep for stage in stages for dep in stage.deps if _is_data(dep) and not graph.makers.of(dep)})
    lines += [f'  {_id(path)}[("{path}")]' for path in raw]
    lines += [f"  {_id(stage.name)}{_label(stage)}" for stage in stages]
    for stage in stages:
        lines += [f"  {_id(source)} --> {_id(stage.name)}" for source in dict.fromkeys(_sources(graph, stage))]
    return "\n".join(lines) + "\n"


def with_graph(readme: str, graph: str) -> str:
    """A README with the graph between its two markers; unchanged if it has none."""
    block = f"{BEGIN}\n```mermaid\n{graph}```\n{END}"
    return re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: block, readme, flags=re.DOTALL)


def _sources(graph: StageGraph, stage: Stage) -> Iterator[str]:
    """What a stage reads from: other stages, and raw data."""
    for path in (*stage.deps, *stage.param_files):
        makers = [maker.name for maker in graph.makers.of(path)]
        yield from makers or ([path] if path in stage.deps and _is_data(path) else [])


def _is_data(dep: str) -> bool:
    """Raw data only: not a module's code, which some stages read in order to pack it."""
    return not dep.startswith(MODULES)


def _label(stage: Stage) -> str:
    if stage.slots:
        return f'(["{stage.name}<br/><i>slot {stage.slots[0]}</i>"])'
    return f'["{stage.name}<br/><i>{stage.module}</i>"]' if stage.module else f'["{stage.name}"]'


def _id(name: str) -> str:
    return "n_" + re.sub(r"\W", "_", name)

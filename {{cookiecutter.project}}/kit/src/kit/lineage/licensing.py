"""Licences of the data, weights and code that a result was made from, and conflicts between them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kit.formats.front_matter import card_in
from kit.git.files import Files
from kit.lineage.tracing import ExecutionNode, Trace
from kit.project.settings import pyproject

# SPDX identifiers by their conditions on derived works (spdx.org/licenses; the licences' texts decide).
FREE = re.compile(
    r"(CC0|PDDL|MIT|Apache|BSD|ISC|0BSD|Unlicense|CDLA-Permissive|ODC-By|CC-BY-\d|Python|PSF)", re.IGNORECASE
)
SHARE_ALIKE = re.compile(r"(-SA-|\bA?GPL|\bLGPL|ODbL|CDLA-Sharing|MPL|EUPL)", re.IGNORECASE)
NON_COMMERCIAL = re.compile(r"-NC\b", re.IGNORECASE)
NO_DERIVATIVES = re.compile(r"-ND\b", re.IGNORECASE)


@dataclass(frozen=True)
class License:
    """A subject, its kind (data, weights, code), its SPDX identifier (None: undeclared), and whom to credit."""

    subject: str
    kind: str
    license: str | None
    credit: str | None = None


def licenses(trace: Trace) -> list[License]:
    """The licences of all raw data and weights, and of every module's code, data first."""
    raw = [
        License(
            node.artifact.path,
            "weights" if node.artifact.path.endswith(".safetensors") else "data",
            node.raw.license if node.raw else None,
            node.raw.credit if node.raw else None,
        )
        for node in trace.raw
    ]
    modules = {node.execution.module: node for node in trace.executions.values() if node.execution.module}
    code = [License(f"modules/{name}", "code", _license_of(trace, modules[name])) for name in sorted(modules)]
    return sorted(raw, key=lambda found: found.subject) + code


def conflicts(found: Sequence[License], project: str | None) -> Iterator[str]:
    """Possible conflicts for a lawyer to review, one line each; `project` is the licence of the result, if declared."""
    for license in found:
        problem = _problem_of(license, project)
        if problem:
            yield f"{license.subject} ({license.license or 'not declared'}): {problem}"
    yield from _shared_alike(found, project)


def _problem_of(license: License, project: str | None) -> str | None:
    """The problems of one licence, by itself or together with the project's."""
    identifier = license.license
    if identifier is None:
        return f"add `license` to {'its README.md' if license.kind == 'code' else 'the README.md in its folder'}"
    if NO_DERIVATIVES.search(identifier):
        return "allows no derived works, and weights trained on it may be one"
    if NON_COMMERCIAL.search(identifier):
        return f"forbids commercial use, which the project's {project} allows" if FREE.match(project or "") else None
    return None if FREE.match(identifier) or SHARE_ALIKE.search(identifier) else "has terms of its own; read them"


def project_license(files: Files) -> str | None:
    """The SPDX identifier in pyproject.toml."""
    declared = pyproject(files, "project").get("license")
    return declared if isinstance(declared, str) else None


def _shared_alike(found: Sequence[License], project: str | None) -> Iterator[str]:
    """Conflicts of licences that require derived works to be under the same licence."""
    asking = {
        license.license: license.subject
        for license in reversed(found)
        if license.license and SHARE_ALIKE.search(license.license)
    }
    names = sorted(asking)
    for first, second in pairwise(names):
        yield f"{asking[first]} ({first}) and {asking[second]} ({second}): each must be kept for derived works"
    for name in names:
        if project and project != name:
            yield f"{asking[name]} ({name}): must be kept for derived works, but the project is under {project}"


def _license_of(trace: Trace, node: ExecutionNode) -> str | None:
    declared = card_in(trace.revision.files.read(f"modules/{node.execution.module}/README.md")).get("license")
    return declared if isinstance(declared, str) else None

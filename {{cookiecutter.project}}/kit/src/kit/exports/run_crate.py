"""A Provenance Run Crate 0.5 on RO-Crate 1.1 (w3id.org/ro/wfrun/provenance/0.5).

It includes dvc.yaml, dvc.lock, params.yaml, every module's code and lock, and run records; data and weights by hash.
"""

import io
from pathlib import Path
from typing import Any

from kit import __version__
from kit.dvc.artifact import Artifact, stays_inside
from kit.exports.crate_entities import Entities
from kit.exports.crate_parts import stage_id
from kit.exports.extras import needed
from kit.lineage import ExecutionNode, Subject
from kit.project.stage import MODULES

with needed("rocrate", "export"):
    from rocrate.model import ComputationalWorkflow, Entity
    from rocrate.rocrate import ROCrate

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
# The workflow-run terms that RO-Crate 1.1 does not have (w3id.org/ro/terms/workflow-run).
TERMS = "https://w3id.org/ro/terms/workflow-run#"
INLINED = ("ParameterConnection", "connection", "sourceParameter", "targetParameter", "environment", "resourceUsage")
HASHES = ("md5", "sha256")
ENGINE, RUN = "#engine", "#run"


def write_run_crate(subject: Subject, folder: Path) -> None:
    """Write the crate into a new folder."""
    crate = ROCrate(gen_preview=False, version="1.1")
    crate.metadata.extra_terms.update({term: TERMS + term for term in (*INLINED, *HASHES)})
    _Crate(crate, subject).fill()
    crate.write(folder)


class _Crate(Entities):
    """Adds the runs of one lineage to a crate."""

    def fill(self) -> None:
        self._root()
        for artifact in self.subject.trace.artifacts:
            self.artifact(artifact)
        workflow = self._workflow()
        engine = self.entity(
            ENGINE, "SoftwareApplication", name="kit and DVC", version=__version__, softwareVersion=__version__
        )
        run = self._action(RUN, f"Run of {self.subject.name}", workflow, self._inputs(), self.subject.results)
        controls = []
        for position, node in enumerate(self.subject.executions):
            tool, action = self._tool(node), self._execution(node)
            step = self._step(node, tool, position)
            workflow.append_to("step", step)
            workflow.append_to("hasPart", tool)
            name = f"#control-{stage_id(node)}"
            controls.append(
                self.entity(name, "ControlAction", name=f"Control {stage_id(node)}", instrument=step, object=action)
            )
        self.entity("#organize", "OrganizeAction", name="Organisation", instrument=engine, object=controls, result=run)
        self._formal_parameters(workflow)
        self._connections(workflow)

    def _root(self) -> None:
        subject, crate = self.subject, self.crate
        crate.name = f"{subject.name}: {', '.join(result.path for result in subject.results[:3])}"
        crate.description = (
            f"How these results were made, at {subject.revision.name}. {subject.project.get('description', '')}"
        )
        crate.datePublished = subject.finished.isoformat(timespec="seconds")
        crate.license = f"https://spdx.org/licenses/{subject.license}" if subject.license else "not declared"
        profiles = [
            self.entity(uri, "CreativeWork", name=name, version=uri.rpartition("/")[2])
            for uri, name in PROFILES.items()
        ]
        crate.root_dataset["conformsTo"] = profiles

    def _inputs(self) -> list[Artifact]:
        return sorted(node.artifact for node in self.subject.trace.raw if node.artifact not in self.subject.results)

    def _workflow(self) -> Entity:
        language = self.entity("#dvc", "ComputerLanguage", name="DVC pipeline", url="https://dvc.org/")
        data = self.subject.revision.files.read("dvc.yaml") or b""
        types = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
        properties = {"@type": types, "name": f"{self.subject.name} pipeline"}
        workflow = self.crate.add(
            ComputationalWorkflow(self.crate, io.BytesIO(data), "dvc.yaml", properties=properties)
        )
        workflow["programmingLanguage"] = language
        self.crate.mainEntity = workflow
        for path in ("dvc.lock", "params.yaml", "pyproject.toml"):
            self.file(path)
        return workflow

    def _tool(self, node: ExecutionNode) -> Entity:
        """The module with its code; its lock describes the environment."""
        execution = node.execution
        identifier = self.parameters.tool_id(node)
        if self.crate.get(identifier):
            return self.crate.get(identifier)
        files = [
            self.file(f"{MODULES}{execution.module}/{path}") for path in (node.source.files if node.source else ())
        ]
        lock = self.crate.get(f"{MODULES}{execution.module}/requirements.txt")
        license = self.subject.card(execution.module).get("license") if execution.module else None
        return self.entity(
            identifier,
            "SoftwareApplication",
            name=execution.module or execution.command,
            version=node.version,
            softwareVersion=node.version,
            description=self.subject.card(execution.module).get("summary") if execution.module else None,
            license=f"https://spdx.org/licenses/{license}" if license else None,
            softwareRequirements=lock,
            hasPart=[file for file in files if file],
        )

    def _step(self, node: ExecutionNode, tool: Entity, position: int) -> Entity:
        identifier = f"dvc.yaml#{stage_id(node)}"
        return self.entity(identifier, "HowToStep", name=node.execution.stage, position=str(position), workExample=tool)

    def _execution(self, node: ExecutionNode) -> Entity:
        """One run of a module."""
        tool = self.crate.get(self.parameters.tool_id(node))
        name = f"{node.execution.stage}, {node.origin.status}"
        action = self._action(f"#run-{stage_id(node)}", name, tool, node.execution.inputs, node.execution.results, node)
        settings = [self.value(*setting) for setting in self.parameters.settings(node)]
        for setting in settings:
            action.append_to("object", setting)
        record = self._record(node)
        if record:
            action["subjectOf"] = record
        return action

    def _record(self, node: ExecutionNode) -> Entity | None:
        """The run record, included if it is on this machine."""
        wanted = node.execution.record
        data = self.subject.history.storage.read(wanted.hash) if wanted and node.record else None
        if wanted is None or data is None or not stays_inside(wanted.path):
            return None
        return self.crate.add_file(
            io.BytesIO(data), wanted.path, properties={"name": wanted.path, "encodingFormat": "application/json"}
        )

    def _action(
        self, identifier: str, name: str, instrument: Any, read: Any, made: Any, node: ExecutionNode | None = None
    ) -> Entity:
        records = [other.record for other in ([node] if node else self.subject.executions) if other.record]
        action = self.entity(
            identifier,
            "CreateAction",
            name=name,
            instrument=instrument,
            object=self.entities_of(read),
            result=self.entities_of(made),
            startTime=min((record["started"] for record in records), default=None),
            endTime=max((record["finished"] for record in records), default=None),
            agent=self.agent(records),
        )
        action["actionStatus"] = {"@id": "http://schema.org/CompletedActionStatus"}
        if node and node.record:
            action["environment"] = [self.value(*value) for value in self.parameters.environment(node)]
            action["resourceUsage"] = [self.value(*value) for value in self.parameters.usage(node)]
        return action

    def _formal_parameters(self, workflow: Entity) -> None:
        for parameter in self.parameters.all(self._inputs()):
            examples = [self.crate.get(example) for example in parameter.examples]
            formal = self.entity(
                parameter.id,
                "FormalParameter",
                name=parameter.name,
                additionalType=parameter.type,
                workExample=[example for example in examples if example],
                conformsTo={"@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"},
            )
            owner = workflow if parameter.owner is None else self.crate.get(parameter.owner)
            owner.append_to(parameter.direction, formal)
            for example in filter(None, examples):
                example.append_to("exampleOfWork", formal)

    def _connections(self, workflow: Entity) -> None:
        """The connections from outputs to inputs."""
        for number, (source, target) in enumerate(self.parameters.connections()):
            ends = {"sourceParameter": self.crate.get(source), "targetParameter": self.crate.get(target)}
            workflow.append_to("connection", self.entity(f"#connection-{number}", "ParameterConnection", **ends))

"""A Provenance Run Crate 0.5 on RO-Crate 1.1 (w3id.org/ro/wfrun/provenance/0.5).

It carries dvc.yaml, dvc.lock, params.yaml, every module's code and lock, and the run records; data and weights by hash.
"""

import io
from pathlib import Path
from typing import Any

from kit import __version__
from kit.exports.crate_parts import Parameters, artifact_id, stage_id
from kit.exports.extras import needed
from kit.exports.subject import Subject
from kit.lineage.lockfile import Artifact, stays_inside
from kit.lineage.trace import ExecutionNode
from kit.pipeline import MODULES

with needed("rocrate", "export"):
    from rocrate.model import ComputationalWorkflow, ContextEntity, DataEntity, Entity
    from rocrate.rocrate import ROCrate

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}
# The workflow-run terms that RO-Crate 1.1 does not have (w3id.org/ro/terms/workflow-run).
TERMS = "https://w3id.org/ro/terms/workflow-run#"
INLINED = (
    "ParameterConnection",
    "connection",
    "sourceParameter",
    "targetParameter",
    "md5",
    "sha256",
    "environment",
    "resourceUsage",
)
ENGINE, RUN = "#engine", "#run"


def write_run_crate(subject: Subject, folder: Path) -> None:
    """Write the crate into a folder, which is made."""
    crate = ROCrate(gen_preview=False, version="1.1")
    crate.metadata.extra_terms.update({term: TERMS + term for term in INLINED})
    _Crate(crate, subject).fill()
    crate.write(folder)


class _Crate:
    """Adds the entities of one lineage to a crate."""

    def __init__(self, crate: ROCrate, subject: Subject) -> None:
        self.crate = crate
        self.subject = subject
        self.parameters = Parameters(subject)

    def fill(self) -> None:
        self._root()
        for artifact in self.subject.trace.artifacts:
            self._artifact(artifact)
        workflow = self._workflow()
        engine = self._entity(
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
                self._entity(name, "ControlAction", name=f"Control {stage_id(node)}", instrument=step, object=action)
            )
        self._entity("#organize", "OrganizeAction", name="Organisation", instrument=engine, object=controls, result=run)
        self._formal_parameters(workflow)
        self._connections(workflow)

    def _entity(self, identifier: str, kind: str | list[str], **properties: Any) -> Entity:
        known = {name: value for name, value in properties.items() if value not in (None, [], "")}
        entity = self.crate.get(identifier)
        if entity is None:
            entity = self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind}))
            for name, value in known.items():
                entity[name] = value
        return entity

    def _root(self) -> None:
        subject, crate = self.subject, self.crate
        crate.name = f"{subject.name}: {', '.join(result.path for result in subject.results[:3])}"
        crate.description = (
            f"How these results were made, at {subject.revision.name}. {subject.project.get('description', '')}"
        )
        crate.datePublished = subject.finished.isoformat(timespec="seconds")
        crate.license = f"https://spdx.org/licenses/{subject.license}" if subject.license else "not declared"
        profiles = [
            self._entity(uri, "CreativeWork", name=name, version=uri.rpartition("/")[2])
            for uri, name in PROFILES.items()
        ]
        crate.root_dataset["conformsTo"] = profiles

    def _file(self, path: str, **properties: Any) -> Entity | None:
        """A file of the revision, carried along."""
        data = self.subject.revision.files.read(path)
        known = self.crate.get(path)
        if data is None or known or not stays_inside(path):
            return known
        return self.crate.add_file(
            io.BytesIO(data), path, properties={"name": path, "contentSize": str(len(data)), **properties}
        )

    def _artifact(self, artifact: Artifact) -> None:
        """A file that is not carried, by its hash."""
        subject = self.subject
        digests, recorded = subject.digests(artifact), subject.recorded(artifact)
        properties: dict[str, Any] = {"@type": "File", "name": artifact.path, "alternateName": artifact.path, **digests}
        properties["dateModified"] = subject.finished.isoformat(timespec="seconds")
        if "size" in recorded:
            properties["contentSize"] = str(recorded["size"])
        node = subject.trace.artifacts[artifact]
        if node.raw:
            license = node.raw.license
            properties["license"] = f"https://spdx.org/licenses/{license}" if license else "not declared"
            properties["description"] = f"raw data, from {node.raw.source or 'a source that is not declared'}"
        identifier = artifact_id(subject, artifact)
        if self.crate.get(identifier) is None:
            self.crate.add(DataEntity(self.crate, identifier, properties=properties))

    def _entities(self, artifacts: Any) -> list[Entity]:
        return [self.crate.get(artifact_id(self.subject, artifact)) for artifact in artifacts]

    def _inputs(self) -> list[Artifact]:
        return sorted(node.artifact for node in self.subject.trace.raw if node.artifact not in self.subject.results)

    def _workflow(self) -> Entity:
        language = self._entity("#dvc", "ComputerLanguage", name="DVC pipeline", url="https://dvc.org/")
        data = self.subject.revision.files.read("dvc.yaml") or b""
        types = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
        properties = {"@type": types, "name": f"{self.subject.name} pipeline"}
        workflow = self.crate.add(
            ComputationalWorkflow(self.crate, io.BytesIO(data), "dvc.yaml", properties=properties)
        )
        workflow["programmingLanguage"] = language
        self.crate.mainEntity = workflow
        for path in ("dvc.lock", "params.yaml", "pyproject.toml"):
            self._file(path)
        return workflow

    def _tool(self, node: ExecutionNode) -> Entity:
        """The module, its code carried along; its lock answers which environment it ran in."""
        execution = node.execution
        identifier = self.parameters.tool_id(node)
        if self.crate.get(identifier):
            return self.crate.get(identifier)
        files = [
            self._file(f"{MODULES}{execution.module}/{path}") for path in (node.source.files if node.source else ())
        ]
        lock = self.crate.get(f"{MODULES}{execution.module}/requirements.txt")
        license = self.subject.card(execution.module).get("license") if execution.module else None
        return self._entity(
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
        return self._entity(
            identifier, "HowToStep", name=node.execution.stage, position=str(position), workExample=tool
        )

    def _execution(self, node: ExecutionNode) -> Entity:
        """One run of a module."""
        tool = self.crate.get(self.parameters.tool_id(node))
        name = f"{node.execution.stage}, {node.origin.status}"
        action = self._action(f"#run-{stage_id(node)}", name, tool, node.execution.inputs, node.execution.results, node)
        settings = [self._value(*setting) for setting in self.parameters.settings(node)]
        for setting in settings:
            action.append_to("object", setting)
        record = self._record(node)
        if record:
            action["subjectOf"] = record
        return action

    def _record(self, node: ExecutionNode) -> Entity | None:
        """The run record, carried along where it is here."""
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
        action = self._entity(
            identifier,
            "CreateAction",
            name=name,
            instrument=instrument,
            object=self._entities(read),
            result=self._entities(made),
            startTime=min((record["started"] for record in records), default=None),
            endTime=max((record["finished"] for record in records), default=None),
            agent=self._agent(records),
        )
        action["actionStatus"] = {"@id": "http://schema.org/CompletedActionStatus"}
        if node and node.record:
            action["environment"] = [self._value(*value) for value in self.parameters.environment(node)]
            action["resourceUsage"] = [self._value(*value) for value in self.parameters.usage(node)]
        return action

    def _agent(self, records: list[Any]) -> Entity | None:
        users = [record["machine"]["user"] for record in records if record["machine"]["user"]]
        return self._entity(f"#user-{users[0]}", "Person", name=users[0]) if users else None

    def _value(self, identifier: str, name: str, value: Any, property_id: str | None = None) -> Entity:
        return self._entity(identifier, "PropertyValue", name=name, value=value, propertyID=property_id)

    def _formal_parameters(self, workflow: Entity) -> None:
        for parameter in self.parameters.all(self._inputs()):
            examples = [self.crate.get(example) for example in parameter.examples]
            formal = self._entity(
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
        """Which output feeds which input."""
        for number, (source, target) in enumerate(self.parameters.connections()):
            ends = {"sourceParameter": self.crate.get(source), "targetParameter": self.crate.get(target)}
            workflow.append_to("connection", self._entity(f"#connection-{number}", "ParameterConnection", **ends))

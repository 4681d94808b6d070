"""The entities of a crate: files that are included, files that are named by their hash, values and people."""

import io
from typing import Any

from kit.dvc.artifact import Artifact, stays_inside
from kit.exports.crate_parts import Parameters, artifact_id
from kit.exports.extras import needed
from kit.lineage import Subject

with needed("rocrate", "export"):
    from rocrate.model import ContextEntity, DataEntity, Entity
    from rocrate.rocrate import ROCrate


class Entities:
    """Creates each entity of a crate once."""

    def __init__(self, crate: ROCrate, subject: Subject) -> None:
        self.crate = crate
        self.subject = subject
        self.parameters = Parameters(subject)

    def entity(self, identifier: str, kind: str | list[str], **properties: Any) -> Entity:
        known = {name: value for name, value in properties.items() if value not in (None, [], "")}
        entity = self.crate.get(identifier)
        if entity is None:
            entity = self.crate.add(ContextEntity(self.crate, identifier, properties={"@type": kind}))
            for name, value in known.items():
                entity[name] = value
        return entity

    def file(self, path: str, **properties: Any) -> Entity | None:
        """A file of the revision, included in the crate."""
        data = self.subject.revision.files.read(path)
        known = self.crate.get(path)
        if data is None or known or not stays_inside(path):
            return known
        return self.crate.add_file(
            io.BytesIO(data), path, properties={"name": path, "contentSize": str(len(data)), **properties}
        )

    def artifact(self, artifact: Artifact) -> None:
        """A file that is not included, by its hash."""
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

    def entities_of(self, artifacts: Any) -> list[Entity]:
        return [self.crate.get(artifact_id(self.subject, artifact)) for artifact in artifacts]

    def value(self, identifier: str, name: str, value: Any, property_id: str | None = None) -> Entity:
        return self.entity(identifier, "PropertyValue", name=name, value=value, propertyID=property_id)

    def agent(self, records: list[Any]) -> Entity | None:
        users = [record["machine"]["user"] for record in records if record["machine"]["user"]]
        return self.entity(f"#user-{users[0]}", "Person", name=users[0]) if users else None

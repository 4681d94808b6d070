"""`kit register [MODEL]`: give the model of this commit a version, if the gate accepted it."""

from argparse import Namespace

from kit.lineage import project_history
from kit.project.project import find_project
from kit.registry.model import model_paths
from kit.registry.register import Registered, register


def main(arguments: Namespace) -> int:
    project = find_project()
    models = [arguments.model] if arguments.model else list(model_paths(project))
    if not models:
        print("dvc.yaml names no model under artifacts:; nothing to register")
    for model in models:
        made = register(project, project_history(), model, arguments.bump, arguments.local)
        print("\n".join(lines(model, made)))
    return 0


def lines(model: str, made: Registered) -> list[str]:
    """Which version it is, whether others can see it, and what to do with it."""
    if not made.fresh:
        return [f"{model}@{made.name}: is the same model, byte for byte; nothing to register"]
    where = "pushed to origin" if made.shared else "in this clone: `git push origin --tags` shares it"
    return [
        f"{model}@{made.name}: registered, {where}",
        f"lineage sha256:{made.lineage}",
        f"Next: kit promote {model}@{made.name} STAGE",
    ]

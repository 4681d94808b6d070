"""docs/embedding-spaces.md, told with a real encoder and head."""

import re

from e2e_project import Baked

TRAIN = "    desc: Train a head on the few labels and calibrate it.\n"
ADAPT = "      - modules/${slots.adapter}\n      - artifacts/encode/embeddings.parquet\n"


def accuracy(project: Baked) -> float:
    return float(project.json("artifacts/evaluate/metrics.json")["transfer"]["accuracy"])


def edit(project: Baked, old: str, added: str) -> None:
    text = (project.root / "dvc.yaml").read_text()
    assert text.count(old) == 1
    (project.root / "dvc.yaml").write_text(text.replace(old, old + added))


def test_a_foreign_encoder_is_refused_and_an_adapter_brings_the_accuracy_back(project: Baked) -> None:
    text = (project.root / "docs/embedding-spaces.md").read_text()
    keep, swap, adapt = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    before = accuracy(project)
    head = project.hashes()["artifacts/train/head.safetensors"]
    project.run("sh", "-ec", keep)
    edit(project, TRAIN, "    frozen: true\n")

    refused = project.run("sh", "-ec", swap, check=False)
    assert "kit: artifacts/train/head.safetensors: lies in another embedding space" in refused
    assert "an adapter is missing" in refused
    assert "Running stage 'evaluate'" not in refused

    edit(project, ADAPT, "      - data/reference/reference.parquet\n")
    project.run("sh", "-ec", adapt)
    assert project.hashes()["artifacts/train/head.safetensors"] == head
    assert accuracy(project) > before - 0.05  # almost as before, says the page

    # A frozen stage is a decision: whatever the head was trained on, nothing waits for it.
    project.run("kit", "graph", "--write")  # as the hook of Git asks
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message", "Adapt the new encoder to the old head")
    assert "didn't change" in project.run("dvc", "repro")
    assert project.run("kit", "stages", "--stale") == ""
    assert "accepted" in project.run("kit", "gate")
    found = project.run("kit", "verify")
    assert "stage train is frozen: `dvc unfreeze train` lets it run" in found
    assert "dvc repro" not in found
    assert "error" not in found.replace("0 errors", "")
    assert "v1.0.0" in project.run("kit", "register", "digits")


def test_without_the_adapter_the_accuracy_is_near_chance(project: Baked) -> None:
    """As the page says, with the check of spaces turned off by giving the head no space to match."""
    before = accuracy(project)
    edit(project, TRAIN, "    frozen: true\n")
    contract = project.root / "modules/predict_head/module.yaml"
    contract.write_text(contract.read_text().replace(", match: space_id", ""))
    project.run("dvc", "exp", "run", "-S", "encoder_conv.seed=1")
    assert accuracy(project) < before / 2  # chance is 0.1

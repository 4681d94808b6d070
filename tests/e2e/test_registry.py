"""From a trained composition to a version in production, and what the gate makes of the next candidate."""

import shutil
import subprocess
import sys
from pathlib import Path

from e2e_project import Baked

ELSEWHERE = """\
import sys
import pandas as pd
import torch

bundle, images, predictions = sys.argv[1:]
images, predictions = pd.read_parquet(images).set_index("id"), pd.read_parquet(predictions).set_index("id")
model = torch.hub.load(bundle, "model", source="local", trust_repo=True)
pixels = torch.tensor(images.loc[predictions.index].filter(regex=r"^p\\d\\d$").to_numpy("float32"))
ours, theirs = model(pixels).numpy(), predictions.filter(regex=r"^prob_\\d+$").to_numpy()
assert len(ours) == 450
assert (ours.argmax(1) == theirs.argmax(1)).all()
assert abs(ours - theirs).max() < 1e-5, abs(ours - theirs).max()
assert "kit" not in sys.modules
"""


def test_the_bundle_predicts_the_same_in_an_environment_of_its_own(finished: Baked, tmp_path: Path) -> None:
    """Made from the bundle's lock, in a folder far from the project."""
    bundle = shutil.copytree(finished.root / "artifacts/bundle/model", tmp_path / "bundle")
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, tmp_path / "env"], check=True)
    sync = ["uv", "pip", "sync", "--quiet", "--require-hashes", bundle / "requirements.txt"]
    subprocess.run([*sync, "--python", tmp_path / "env/bin/python"], check=True)
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    files = [finished.root / "artifacts/split/test.parquet", finished.root / "artifacts/predict/predictions.parquet"]
    subprocess.run([tmp_path / "env/bin/python", tmp_path / "elsewhere.py", bundle, *files], cwd=tmp_path, check=True)


def test_from_a_first_version_to_a_worse_candidate_and_back(project: Baked) -> None:
    assert project.run("kit", "register", "digits").startswith("digits@v1.0.0: registered")
    assert "data/production.dvc: commit it" in project.run("kit", "promote", "digits@v1.0.0", "production")
    project.commit("Promote v1.0.0")
    assert project.executed("dvc", "repro") == ["production", "evaluate", "gate", "bundle"]
    metrics = project.json("artifacts/evaluate/metrics.json")
    assert metrics["production"]["accuracy"] == metrics["transfer"]["accuracy"]
    assert metrics["change"] == {"accuracy": 0.0, "low": 0.0, "high": 0.0}
    assert project.run("kit", "gate") == "artifacts/gate/decision.json: accepted\n"
    project.commit("Compare with production")
    assert "byte for byte" in project.run("kit", "register", "digits")

    project.run("dvc", "exp", "run", "-S", "encoder_conv.epochs=0")
    rejected = project.run("kit", "gate", check=False)
    assert "against the model in production accuracy changes by -0." in rejected
    project.commit("A worse candidate")
    assert "the gate rejected it: against the model in production" in project.run(
        "kit", "register", "digits", check=False
    )

    project.run("dvc", "exp", "run", "-S", "encoder_conv.epochs=60", "-S", "head_linear.C=0.9")
    project.commit("Another candidate")
    assert project.run("kit", "register", "digits").startswith("digits@v1.1.0: registered")
    project.run("kit", "promote", "digits@v1.1.0", "production")
    project.commit("Promote v1.1.0")
    assert "in place of v1.1.0" in project.run("kit", "rollback", "digits", "production")
    assert project.run("git", "diff", "--name-only") == "data/production.dvc\n"
    project.commit("Back to v1.0.0")
    assert project.run("git", "diff", "HEAD~2", "--stat", "--", "data/production.dvc") == ""

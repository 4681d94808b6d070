"""Embedding spaces: stamped into files, and held against each other before a module starts."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from acts import replace
from safetensors.numpy import load_file, save_file

from kit.formats import safetensors_file
from kit.formats.embedded_metadata import space_of

Kit = Callable[..., tuple[int, str, str]]
APPLY = Path("artifacts/apply/applied.csv")

DVC = """\
stages:
  encode:
    cmd: kit run encode
    deps: [modules/encoder, data/numbers.csv]
    params: [encoder]
    outs: [artifacts/encode/encoder.safetensors, artifacts/encode/vectors.parquet, artifacts/encode/run.json]
  adapt:
    cmd: kit run adapt
    deps: [modules/adapter, artifacts/encode/vectors.parquet]
    outs: [artifacts/adapt/adapter.safetensors, artifacts/adapt/aligned.parquet]
  apply:
    cmd: kit run apply
    deps: [modules/applier, artifacts/adapt/aligned.parquet, data/head.safetensors]
    outs: [artifacts/apply/applied.csv]
"""
CONTRACT = 'family: x\nversion: 1.0.0\npython: "3.11"\nresources: {device: cpu, cpus: 1}\n'
MODULES = {
    "encoder": (
        "inputs: {numbers: numbers}\nparams: {seed: {type: integer}}\noutputs:\n"
        "  encoder: {type: weights, space: encoder}\n  vectors: {type: vectors, space: encoder}\n",
        "    save_file({'w': np.full(2, params['seed'], 'float32')}, outputs['encoder'])\n"
        "    pd.DataFrame({'v': [1.0, 2.0]}).to_parquet(outputs['vectors'])\n",
    ),
    "adapter": (
        "inputs: {vectors: vectors}\nparams: {}\noutputs:\n"
        "  adapter: {type: weights, space: vectors}\n  aligned: {type: vectors, space: adapter}\n",
        "    save_file({'eye': np.eye(2, dtype='float32')}, outputs['adapter'])\n"
        "    pd.read_parquet(inputs['vectors']).to_parquet(outputs['aligned'])\n",
    ),
    "applier": (
        "inputs:\n  aligned: {type: vectors, match: space_id}\n  head: {type: weights, match: space_id}\nparams: {}\n"
        "outputs: {applied: numbers}\n",
        "    outputs['applied'].write_text('x\\n1\\n')\n",
    ),
}
IMPORTS = "import numpy as np, pandas as pd\nfrom safetensors.numpy import save_file\n\n\n"


@pytest.fixture
def encoded(project: Path, empty_lock: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stages encode and adapt ran with seed 1, and a head was trained in the aligned space."""
    monkeypatch.setenv("KIT_ENV", "host")
    Path("dvc.yaml").write_text(DVC)
    Path("params.yaml").write_text("encoder: {seed: 1}\n")
    Path("contracts/weights.yaml").write_text("kind: tensors\ntensors: {'*': {dtype: F32}}\n")
    Path("contracts/vectors.yaml").write_text("kind: table\nschema: {columns: {v: {dtype: float64}}}\n")
    for name, (contract, body) in MODULES.items():
        folder = Path("modules", name)
        folder.mkdir()
        (folder / "module.yaml").write_text(CONTRACT + contract)
        (folder / "run.py").write_text(f"{IMPORTS}def run(inputs, outputs, params):\n{body}")
        (folder / "requirements.txt").write_bytes(empty_lock.read_bytes())
    for stage in ("encode", "adapt"):
        assert kit("run", stage)[0] == 0
    save_file({"h": np.ones(1, "float32")}, "data/head.safetensors")
    safetensors_file.set_metadata(
        Path("data/head.safetensors"), "space_id", str(space_of(Path("artifacts/adapt/aligned.parquet")))
    )
    return project


def other_seed(kit: Kit) -> None:
    replace("params.yaml", "1", "2")
    for stage in ("encode", "adapt"):
        assert kit("run", stage)[0] == 0


def test_the_id_of_a_space_is_the_tensor_digest_of_its_weights(encoded: Path) -> None:
    encoder = Path("artifacts/encode/encoder.safetensors")
    assert (
        space_of(Path("artifacts/encode/vectors.parquet"))
        == safetensors_file.tensor_digest(encoder)
        == space_of(encoder)
    )


def test_an_adapter_defines_its_space_together_with_the_one_it_reads(encoded: Path, kit: Kit) -> None:
    """The same adapter weights behind another encoder are another space."""
    adapter, aligned = Path("artifacts/adapt/adapter.safetensors"), Path("artifacts/adapt/aligned.parquet")
    before = safetensors_file.tensor_digest(adapter), space_of(aligned)
    base = space_of(Path("artifacts/encode/vectors.parquet"))
    assert before[1] == hashlib.sha256(json.dumps([before[0], base], separators=(",", ":")).encode()).hexdigest()
    other_seed(kit)
    assert safetensors_file.tensor_digest(adapter) == before[0]
    assert space_of(aligned) != before[1]


def test_the_record_carries_the_space(encoded: Path) -> None:
    outputs = json.loads(Path("artifacts/encode/run.json").read_text())["outputs"]
    assert outputs["vectors"]["space_id"] == outputs["encoder"]["tensor_digest"]
    assert (
        outputs["vectors"]["sha256"]
        == hashlib.sha256(Path("artifacts/encode/vectors.parquet").read_bytes()).hexdigest()
    )


def test_one_space_is_accepted(encoded: Path, kit: Kit) -> None:
    assert kit("run", "apply")[0] == 0


def test_another_encoder_of_the_same_shape_is_refused(encoded: Path, kit: Kit) -> None:
    other_seed(kit)
    code, _, errors = kit("run", "apply")
    assert code == 1
    assert len(errors.splitlines()) == 1
    assert "data/head.safetensors: lies in another embedding space (" in errors
    assert "than artifacts/adapt/aligned.parquet (" in errors
    assert "an adapter is missing" in errors
    assert not APPLY.exists()


def test_a_file_without_a_space_is_refused(encoded: Path, kit: Kit) -> None:
    save_file({"h": np.ones(1, "float32")}, "data/head.safetensors")
    assert kit("run", "apply")[2] == (
        "kit: data/head.safetensors: carries no space_id, which applier needs; run the stage that made it again\n"
    )


def test_an_input_that_lends_its_space_must_have_one_before_anything_starts(encoded: Path, kit: Kit) -> None:
    """Not after hours of training."""
    vectors = Path("artifacts/encode/vectors.parquet")
    pd.read_parquet(vectors).to_parquet(vectors)
    replace("modules/adapter/run.py", "    save_file", "    print('trains for hours')\n    save_file")
    code, out, errors = kit("run", "adapt")
    assert (code, out) == (1, "")
    assert errors.startswith("kit: artifacts/encode/vectors.parquet: carries no space_id, which adapter needs; ")


def test_a_space_named_like_an_input_and_an_output_is_refused(encoded: Path, kit: Kit) -> None:
    """Whether tuned weights define a space or lie in that of the weights they began with must be said."""
    replace("modules/encoder/module.yaml", "{numbers: numbers}", "{numbers: numbers, encoder: weights}")
    assert "outputs.encoder.space: encoder is an input and an output; rename one" in kit("run", "encode")[2]


def test_stamping_weights_keeps_the_tensors_and_needs_one_key(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    tensors = {"b": np.arange(6, dtype="float32").reshape(2, 3), "a": np.ones(1, "int8")}
    save_file(tensors, path)
    digest = safetensors_file.tensor_digest(path)
    safetensors_file.set_metadata(path, "space_id", "s")
    once = path.read_bytes()
    safetensors_file.set_metadata(path, "space_id", "s")
    assert path.read_bytes() == once
    assert safetensors_file.tensor_digest(path) == digest
    assert safetensors_file.metadata_of(path) == {"space_id": "s"}
    assert all(np.array_equal(value, tensors[name]) for name, value in load_file(path).items())


MISTAKES = {
    "no such port": (
        "space: encoder}\n  vectors",
        "space: decoder}\n  vectors",
        "outputs.encoder.space: decoder is not a port",
    ),
    "a space of a table": (
        "vectors, space: encoder",
        "vectors, space: vectors",
        "vectors holds no tensors, and only weights",
    ),
    "another key": ("space: encoder}\n  vectors", "match: space_id}\n  vectors", "outputs.encoder: "),
}


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_space_that_cannot_be_is_refused(old: str, new: str, message: str, encoded: Path, kit: Kit) -> None:
    replace("modules/encoder/module.yaml", old, new)
    code, _, errors = kit("run", "encode")
    assert code == 1
    assert errors.startswith("kit: modules/encoder/module.yaml: ")
    assert message in errors


def test_a_file_that_cannot_carry_a_space_is_refused(encoded: Path, kit: Kit) -> None:
    replace("dvc.yaml", "encode/vectors.parquet, artifacts/encode/run", "encode/vectors.csv, artifacts/encode/run")
    assert "artifacts/encode/vectors.csv is neither .parquet nor .safetensors" in kit("run", "encode")[2]


def test_spaces_in_a_circle_are_refused(encoded: Path, kit: Kit) -> None:
    replace(
        "modules/adapter/module.yaml",
        "aligned: {type: vectors, space: adapter}",
        "aligned: {type: weights, space: adapter}",
    )
    replace("modules/adapter/module.yaml", "space: vectors", "space: aligned")
    replace("dvc.yaml", "aligned.parquet]\n  apply", "aligned.safetensors]\n  apply")
    assert "is defined by itself, through a cycle" in kit("run", "adapt")[2]

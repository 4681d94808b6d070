"""What users of a model rely on."""

from pathlib import Path

import pytest

from kit.dvc.artifact import Artifact
from kit.errors import KitError
from kit.lineage import Execution
from kit.project.project import Project
from kit.registry.model import Model, interface_of, model_paths


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def model(path: str) -> Model:
    return Model("m", Artifact(path, "0" * 32), Execution("train", {"cmd": "kit run train"}))


def bundle(project: Project, contract: str) -> Model:
    (project.root / "bundle").mkdir(exist_ok=True)
    (project.root / "bundle/contract.json").write_text(contract)
    return model("bundle")


def test_the_interface_of_a_file_is_its_kind(project: Project) -> None:
    for name in ("one.safetensors", "other.safetensors", "one.json"):
        (project.root / name).write_text(name)
    one, other, json = (
        interface_of(project, model(path.name)) for path in sorted(project.root.iterdir(), reverse=True)
    )
    assert one == other != json


def test_the_interface_of_a_bundle_is_what_its_contract_says_not_how_it_is_written(project: Project) -> None:
    first = interface_of(project, bundle(project, '{"inputs": [1, 2], "outputs": []}'))
    assert interface_of(project, bundle(project, '{"outputs":[],\n "inputs":[1,2]}\n')) == first
    assert interface_of(project, bundle(project, '{"inputs": [2, 1], "outputs": []}')) != first


def test_a_model_that_is_not_here_says_how_to_fetch_it(project: Project) -> None:
    with pytest.raises(KitError, match=r"^bundle: is not here; `dvc pull bundle` fetches it$"):
        interface_of(project, model("bundle"))


def test_a_contract_that_is_not_json_names_its_file(project: Project) -> None:
    with pytest.raises(KitError, match=r"^bundle/contract\.json: invalid JSON: ") as error:
        interface_of(project, bundle(project, "{"))
    assert error.value.file == "bundle/contract.json"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("stages: {}\n", {}),
        ("artifacts:\n", {}),
        ("artifacts:\n  m: {path: a/b, type: model}\n  n:\n", {"m": "a/b"}),
        ("- 1\n", {}),
    ],
)
def test_models_are_the_artifacts_with_a_path(text: str, expected: dict[str, str], project: Project) -> None:
    (project.root / "dvc.yaml").write_text(text)
    assert model_paths(project) == expected

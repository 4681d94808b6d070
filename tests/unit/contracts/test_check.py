"""Contracts: what keeps them, what breaks them, and in which words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from places import SOURCE
from safetensors.numpy import save_file

from kit.contracts.check import contract_violation
from kit.contracts.contract import Contract, load_contract
from kit.errors import KitError

TABLE = Contract(
    "t",
    "table",
    {
        "schema": {
            "strict": True,
            "columns": {
                "id": {"dtype": "str", "unique": True},
                r"p\d": {"regex": True, "dtype": "float32", "in_range": {"min_value": 0, "max_value": 1}},
            },
        }
    },
)
TENSORS = Contract(
    "w",
    "tensors",
    {"tensors": {"mean": {"dtype": "F32", "shape": ["dim"]}, "map": {"dtype": "F32", "shape": ["dim", 2]}}},
)
JSON = Contract("j", "json", {"schema": {"type": "object", "properties": {"score": {"type": "number", "maximum": 1}}}})


def table(**changes: object) -> pd.DataFrame:
    columns = {"id": ["a", "b"], "p0": np.array([0.0, 0.5], "float32"), "p1": np.array([1.0, 0.25], "float32")}
    return pd.DataFrame({**columns, **changes})


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (table(), None),
        (table(p1=np.array([1, 7], "float32")), "column p1, row 1: value 7.0 fails in_range(0, 1)"),
        (table(p1=np.array([8, 7], "float32")), "column p1, row 0: value 8.0 fails in_range(0, 1) (and 1 more)"),
        (table(p1=np.array([1, np.nan], "float32")), "column p1, row 1: value nan fails not_nullable"),
        (table(p1=[0.0, 1.0]), "column p1: value float64 fails dtype('float32')"),
        (table(id=["a", "a"]), "column id, row 0: value a fails field_uniqueness (and 1 more)"),
        (table(extra=[1, 2]), "column extra: is not in the contract"),
        (table().drop(columns="id"), "column id: is missing"),
        (table().drop(columns=["p0", "p1"]), r"column p\d: is missing"),
    ],
)
def test_a_table_is_told_by_column_row_check_and_value(frame: pd.DataFrame, words: str | None, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "t.parquet")
    assert contract_violation(TABLE, tmp_path / "t.parquet") == words


def test_a_file_that_is_no_table_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_text("no table")
    problem = contract_violation(TABLE, tmp_path / "t.parquet")
    assert problem
    assert problem.startswith("cannot be read as a table: ")
    assert "\n" not in problem


def test_a_csv_without_header_names_its_columns_by_number(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("1,2\n3,x\n")
    contract = Contract("t", "table", {"header": False, "schema": {"columns": {"0": {"dtype": "int64"}}}})
    assert contract_violation(contract, tmp_path / "t.csv") is None


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ({"mean": np.zeros(3, "f4"), "map": np.zeros((3, 2), "f4")}, None),
        ({"mean": np.zeros(3, "f4")}, "tensor map is missing"),
        ({"mean": np.zeros(3, "f8"), "map": np.zeros((3, 2), "f4")}, "tensor mean: dtype is F64, not F32"),
        (
            {"mean": np.zeros(3, "f4"), "map": np.zeros((4, 2), "f4")},
            "tensor mean: shape is [3], not ['dim'] with dim=4",
        ),
        ({"mean": np.zeros((3, 1), "f4"), "map": np.zeros((3, 2), "f4")}, "tensor mean: shape is [3, 1], not ['dim']"),
        (
            {"mean": np.zeros(3, "f4"), "map": np.zeros((3, 2), "f4"), "more": np.zeros(1, "f4")},
            "tensor more is not in the contract",
        ),
    ],
)
def test_tensors_are_told_by_name_dtype_and_shape(tensors: dict, words: str | None, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "w.safetensors")
    problem = contract_violation(TENSORS, tmp_path / "w.safetensors")
    assert problem == words if words is None else problem and problem.startswith(words)


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"\x80\x04K\x01.")
    assert str(contract_violation(TENSORS, tmp_path / "w.safetensors")).startswith("is not a safetensors file")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"score": 0.5}', None),
        ('{"score": 2}', "score: 2 is greater than the maximum of 1"),
        ('{"score": NaN}', "invalid JSON: NaN is not a JSON number"),
        ("{", "invalid JSON: "),
    ],
)
def test_json_is_told_by_field(text: str, words: str | None, tmp_path: Path) -> None:
    (tmp_path / "j.json").write_text(text)
    problem = contract_violation(JSON, tmp_path / "j.json")
    assert problem == words if words is None else problem and problem.startswith(words)


def test_a_reference_is_never_fetched(tmp_path: Path) -> None:
    (tmp_path / "j.json").write_text("1")
    contract = Contract("j", "json", {"schema": {"$ref": "http://127.0.0.1:9/schema.json"}})
    problem = contract_violation(contract, tmp_path / "j.json")
    assert problem == "the schema refers to http://127.0.0.1:9/schema.json, which is not in it"


def test_a_folder_where_a_file_belongs_is_told(tmp_path: Path) -> None:
    assert contract_violation(JSON, tmp_path) == "is a folder, but the contract describes a file"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: tabel\n", "kind: 'tabel' is not one of"),
        ("schema: {}\n", "'kind' is a required property"),
        ("kind: json\nschema: {type: strnig}\n", "type: "),
        ("kind: tensors\ntensors: {w: {dtype: float}}\n", "tensors.w.dtype: 'float' is not one of"),
        ("kind: table\nschema: {columns: {}}\ntypo: 1\n", "'typo' was unexpected"),
    ],
)
def test_a_contract_that_makes_no_sense_is_told_by_field(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/t.yaml").write_text(text)
    with pytest.raises(KitError, match=r"^contracts/t\.yaml: ") as failure:
        load_contract(tmp_path / "contracts", "t")
    assert words in str(failure.value)


def test_a_schema_that_pandera_does_not_know_is_told(tmp_path: Path) -> None:
    table().to_parquet(tmp_path / "t.parquet")
    contract = Contract("t", "table", {"schema": {"columns": {"id": {"dtype": "no such type"}}}})
    with pytest.raises(KitError, match=r"^contracts/t\.yaml: schema: "):
        contract_violation(contract, tmp_path / "t.parquet")


@pytest.mark.parametrize("path", sorted((SOURCE / "contracts").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_contract_that_ships_is_valid(path: Path) -> None:
    contract = load_contract(SOURCE / "contracts", path.stem)
    if contract.kind == "table":
        from kit.contracts.tables import schema_of

        assert schema_of(contract).columns

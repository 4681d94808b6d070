"""kit export: valid by the standards' own tools, offline, and signed so that one byte more is noticed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from huggingface_hub import ModelCard
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from jsonschema import Draft202012Validator
from lab import CHAIN, RAW, Lab
from places import ROOT, as_a_user

from kit.formats.documents import schema_named

Kit = Callable[..., tuple[int, str, str]]
HEAD = "artifacts/train/head.safetensors"
FORMATS = ["ro-crate", "in-toto", "ml-bom", "model-card"]
CARD = "---\nfiles:\n  raw.csv: {source: a survey, license: CC-BY-4.0, credit: them}\n---\n"


@pytest.fixture(scope="session")
def validators(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment of the standards' own validators."""
    folder = tmp_path_factory.mktemp("validators") / "venv"
    lock = str(ROOT / "tests/validators/requirements.lock")
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    sync = ["uv", "pip", "sync", "--quiet", "--require-hashes", lock]
    subprocess.run(sync, env={**os.environ, "VIRTUAL_ENV": str(folder)}, check=True)
    return folder


@pytest.fixture
def validate(validators: Path) -> Callable[[Path, str], str]:
    """Run roc-validator on a crate; returns what it prints, and INVALID first where it fails."""
    context = next(validators.glob("lib/*/site-packages/rocrate/data/ro-crate.jsonld"))
    served = f"https://w3id.org/ro/crate/1.1/context={context}"

    def run(crate: Path, profile: str) -> str:
        script = str(ROOT / "tests/validators/crate.py")
        command = [str(validators / "bin/python"), script, str(crate), profile, served]
        done = subprocess.run(command, env=as_a_user(), capture_output=True, text=True, check=False)
        assert f"checks of {profile}" in done.stdout, done.stderr
        return done.stdout if done.returncode == 0 else f"INVALID {done.stdout}"

    return run


@pytest.fixture
def bill_problem(validators: Path) -> Callable[[str], str]:
    """Run CycloneDX's validator on a bill of materials; returns what is wrong with it, "" where nothing is."""

    def run(text: str) -> str:
        command = [str(validators / "bin/python"), str(ROOT / "tests/validators/bill.py")]
        done = subprocess.run(command, env=as_a_user(), input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or done.stderr.startswith("INVALID"), done.stderr
        return done.stderr

    return run


def exported(kit: Kit, target: str, format_name: str, *more: str) -> Path:
    """The file or folder that was written."""
    code, out, error = kit("export", *([] if target == "--all" else [target]), "--format", format_name, *more,
                           *(["--all"] if target == "--all" else []))  # fmt: skip
    assert (code, error) == (0, "")
    return Path(out.splitlines()[0].removeprefix("written to "))


def entities(crate: Path) -> dict[str, dict[str, Any]]:
    graph = json.loads((crate / "ro-crate-metadata.json").read_text())["@graph"]
    return {entity["@id"]: entity for entity in graph}


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """Names with spaces, quotes and markup, and two stages of one module."""
    module, deps, outs = CHAIN["split"]
    stages = {
        "split": (module, deps, ["artifacts/split/a b'\"<i>&|é.csv", outs[1]]),
        "again": (module, ["artifacts/split/a b'\"<i>&|é.csv"], ["artifacts/again/x.safetensors"]),
    }
    lab = Lab(tmp_path / "odd", stages)
    monkeypatch.chdir(lab.root)
    lab.data("data/raw.csv", RAW)
    lab.repro()
    lab.commit()
    return lab


PROFILES = ["process-run-crate-0.5", "workflow-run-crate-0.5", "provenance-run-crate-0.5"]


@pytest.mark.parametrize("target", [HEAD, "--all"])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_crate_is_valid(profile: str, target: str, lab: Lab, kit: Kit, validate: Callable[[Path, str], str]) -> None:
    assert not validate(exported(kit, target, "ro-crate"), profile).startswith("INVALID")


@pytest.mark.parametrize("profile", PROFILES)
def test_odd_names_make_a_valid_crate(profile: str, odd: Lab, kit: Kit, validate: Callable[[Path, str], str]) -> None:
    assert not validate(exported(kit, "--all", "ro-crate"), profile).startswith("INVALID")


def test_the_validator_would_notice(lab: Lab, kit: Kit, validate: Callable[[Path, str], str]) -> None:
    crate = exported(kit, HEAD, "ro-crate")
    path = crate / "ro-crate-metadata.json"
    path.write_text(path.read_text().replace('"instrument"', '"instruments"'))
    assert "MUST have an instrument" in validate(crate, "provenance-run-crate-0.5")


def test_a_crate_says_which_environment_and_carries_its_lock(lab: Lab, kit: Kit) -> None:
    crate = exported(kit, HEAD, "ro-crate")
    known = entities(crate)
    tool = known["#tool-head"]
    assert tool["softwareRequirements"] == {"@id": "modules/head/requirements.txt"}
    assert (crate / "modules/head/requirements.txt").read_text() == lab.read("modules/head/requirements.txt")
    assert (crate / "dvc.lock").read_text() == lab.read("dvc.lock")
    assert (crate / "artifacts/train/run.json").read_text() == lab.read("artifacts/train/run.json")
    values = {known[value["@id"]]["name"]: known[value["@id"]]["value"] for value in known["#run-train"]["environment"]}
    assert values["python"] == "cpython-3.11.7-linux-x86_64"
    assert values["threads"] == "1"
    assert len(values["lock sha256"]) == 64


def test_a_crate_has_the_lineage_of_its_file_and_no_more(lab: Lab, kit: Kit) -> None:
    known = entities(exported(kit, HEAD, "ro-crate"))
    runs = {name for name, entity in known.items() if entity["@type"] == "CreateAction"}
    assert runs == {"#run", "#run-split", "#run-encode", "#run-train"}
    assert len([entity for entity in known.values() if entity["@type"] == "ParameterConnection"]) == 3
    head = json.loads(lab.read("artifacts/train/run.json"))["outputs"]["head"]
    result = known[known["#run"]["result"][0]["@id"]]
    assert (result["name"], result["sha256"], result["md5"]) == (HEAD, head["sha256"], lab.store(HEAD))


def test_exporting_again_gives_the_same(lab: Lab, kit: Kit, tmp_path: Path) -> None:
    for format_name in FORMATS:
        first, second = (exported(kit, HEAD, format_name, "-o", str(tmp_path / f"{n}-{format_name}")) for n in (1, 2))
        if first.is_dir():
            first, second = first / "ro-crate-metadata.json", second / "ro-crate-metadata.json"
        assert first.read_text() == second.read_text()


@pytest.mark.parametrize("target", [HEAD, "--all"])
def test_a_statement_is_valid(target: str, lab: Lab, kit: Kit) -> None:
    document = json.loads(exported(kit, target, "in-toto").read_text())
    assert not list(Draft202012Validator(schema_named("statement")).iter_errors(document))
    parsed = json_format.Parse(json.dumps(document), statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()
    dependencies = {entry["name"]: entry for entry in document["predicate"]["buildDefinition"]["resolvedDependencies"]}
    assert dependencies["data/raw.csv"]["digest"]["md5"] == lab.store("data/raw.csv")
    assert dependencies["source"]["digest"] == {"gitCommit": lab.git("rev-parse", "HEAD").strip()}
    assert "modules/head/requirements.txt" in dependencies


def test_the_schema_of_statements_wants_digests(lab: Lab, kit: Kit) -> None:
    document = json.loads(exported(kit, HEAD, "in-toto").read_text())
    for wrong in ({}, {"sha256": "abc"}, {"md5": "x" * 32}, {"sha1": "0" * 40}):
        document["subject"][0]["digest"] = wrong
        assert list(Draft202012Validator(schema_named("statement")).iter_errors(document))


def test_prov_is_said_to_be_in_the_run_crate(kit: Kit, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        kit("export", HEAD, "--format", "prov")
    assert "PROV is no longer written on its own; ro-crate has the same runs and people" in capfd.readouterr().err


@pytest.mark.parametrize("target", [HEAD, "--all"])
def test_a_bill_is_valid(target: str, lab: Lab, kit: Kit, bill_problem: Callable[[str], str]) -> None:
    lab.write("data/README.md", CARD)
    lab.pin("head", {"scikit-learn": "1.7.0", "numpy": "2.0.0"})
    lab.repro()
    text = exported(kit, target, "ml-bom").read_text()
    assert bill_problem(text) == ""
    document = json.loads(text)
    parts = {part["name"]: part for part in document["components"]}
    assert parts["scikit-learn"]["purl"] == "pkg:pypi/scikit-learn@1.7.0"
    assert parts["data/raw.csv"]["licenses"] == [{"license": {"name": "CC-BY-4.0"}}]
    refs = {part["bom-ref"] for part in [*document["components"], document["metadata"]["component"]]}
    assert {ref for entry in document["dependencies"] for ref in [entry["ref"], *entry["dependsOn"]]} <= refs
    measured = document["metadata"]["component"]["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert measured[0]["type"] == "accuracy"


def test_the_validator_of_bills_would_notice(lab: Lab, kit: Kit, bill_problem: Callable[[str], str]) -> None:
    text = exported(kit, HEAD, "ml-bom").read_text().replace('"bomFormat"', '"bomForm"')
    assert "bomFormat" in bill_problem(text)


def test_a_model_card_is_read_by_the_hub(lab: Lab, kit: Kit) -> None:
    lab.write("data/README.md", CARD)
    card = ModelCard.load(exported(kit, HEAD, "model-card"))
    assert card.data.license == "mit"
    assert card.data.eval_results[0].metric_type == "accuracy"
    assert card.data.eval_results[0].metric_value == json.loads(lab.read("artifacts/evaluate/metrics.json"))["accuracy"]
    known, declared = card.text.split("## Declared")
    assert json.loads(lab.read("artifacts/train/run.json"))["outputs"]["head"]["tensor_digest"] in known
    assert "data/raw.csv: licence CC-BY-4.0, from a survey" in declared
    assert "CC-BY-4.0" not in known


def test_metrics_are_of_what_the_file_led_to(lab: Lab, kit: Kit) -> None:
    lab.stages = lab.stages | {"aside": ("splitter", ["data/raw.csv"], ["artifacts/aside/x.safetensors"])}
    lab.repro()
    assert "metrics.json" not in exported(kit, "artifacts/aside/x.safetensors", "model-card").read_text()
    assert "artifacts/evaluate/metrics.json:accuracy" in exported(kit, HEAD, "model-card").read_text()


def test_results_that_are_not_committed_name_no_commit(lab: Lab, kit: Kit) -> None:
    head = lab.git("rev-parse", "HEAD").strip()
    assert f"- commit: {head}" in exported(kit, HEAD, "model-card").read_text()
    lab.params["head"] = {"seed": 4}
    lab.repro()
    assert "- commit: none" in exported(kit, HEAD, "model-card").read_text()
    statement = json.loads(exported(kit, HEAD, "in-toto").read_text())
    assert not list(Draft202012Validator(schema_named("statement")).iter_errors(statement))
    assert "gitCommit" not in json.dumps(statement)


@pytest.mark.parametrize("format_name", FORMATS)
def test_odd_names_survive_every_format(
    format_name: str, odd: Lab, kit: Kit, bill_problem: Callable[[str], str]
) -> None:
    place = exported(kit, "artifacts/again/x.safetensors", format_name)
    if format_name == "ml-bom":
        assert bill_problem(place.read_text()) == ""
    if format_name == "in-toto":
        assert not list(Draft202012Validator(schema_named("statement")).iter_errors(json.loads(place.read_text())))
    if format_name == "model-card":
        assert "<i>" not in exported(kit, "artifacts/split/a b'\"<i>&|é.csv", format_name).read_text().split("---")[2]


@pytest.mark.parametrize("format_name", FORMATS)
def test_a_cold_clone_exports_what_it_knows(
    format_name: str,
    lab: Lab,
    kit: Kit,
    monkeypatch: pytest.MonkeyPatch,
    validate: Callable[[Path, str], str],
    bill_problem: Callable[[str], str],
) -> None:
    subprocess.run(["git", "clone", "--quiet", ".", "../cold"], check=True)
    monkeypatch.chdir("../cold")
    place = exported(kit, HEAD, format_name)
    if format_name == "ro-crate":
        assert not validate(place, "provenance-run-crate-0.5").startswith("INVALID")
    if format_name == "ml-bom":
        assert bill_problem(place.read_text()) == ""
    if format_name == "in-toto":
        assert not list(Draft202012Validator(schema_named("statement")).iter_errors(json.loads(place.read_text())))
    if format_name == "model-card":
        assert "| train | head 1.0.0 | unknown | unknown | unknown |" in place.read_text()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(private, public), made by openssl."""
    folder = tmp_path_factory.mktemp("keys")
    private, public = folder / "private.pem", folder / "public.pem"
    make = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(private)]
    subprocess.run(make, check=True, capture_output=True)
    subprocess.run(
        ["openssl", "ec", "-in", str(private), "-pubout", "-out", str(public)], check=True, capture_output=True
    )
    return private, public


@pytest.mark.parametrize("format_name", ["ro-crate", "in-toto"])
def test_a_signature_holds_until_a_byte_changes(format_name: str, lab: Lab, kit: Kit, keys: tuple[Path, Path]) -> None:
    private, public = keys
    place = exported(kit, HEAD, format_name, "--sign", str(private))
    check = ("verify", str(place), "--signature", f"{place}.sig", "--key", str(public))
    assert kit(*check) == (0, f"{place}: the signature is valid\n", "")
    changed = place / "dvc.lock" if place.is_dir() else place
    data = bytearray(changed.read_bytes())
    data[-2] ^= 1
    changed.write_bytes(data)
    code, out, error = kit(*check)
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert error.startswith(f"kit: {place}: the signature in {place}.sig is not valid: ")


def test_another_key_a_broken_signature_and_missing_files(lab: Lab, kit: Kit, keys: tuple[Path, Path]) -> None:
    private, public = keys
    place = exported(kit, HEAD, "in-toto", "--sign", str(private))
    other = place.with_name("other.pem")
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(other)], check=True)
    subprocess.run(
        ["openssl", "ec", "-in", str(other), "-pubout", "-out", f"{other}.pub"], check=True, capture_output=True
    )
    wrong = [
        ([str(place), "--signature", f"{place}.sig", "--key", f"{other}.pub"], "is not valid"),
        ([str(place), "--signature", str(place), "--key", str(public)], "is not valid"),
        ([str(place), "--signature", "nope", "--key", str(public)], "nope: no such file"),
        ([str(place), "--signature", f"{place}.sig"], "write `kit verify FILE --signature SIG --key PUBLIC_KEY`"),
    ]
    for arguments, message in wrong:
        code, out, error = kit("verify", *arguments)
        assert (code, out, error.count("\n")) == (1, "", 1)
        assert message in error
    for key in (str(public), "nope.pem"):
        code, out, error = kit("export", HEAD, "--format", "ml-bom", "--sign", key)
        assert (code, out) == (1, "")
        assert error.startswith(f"kit: {key}: cannot sign with it: ")
    assert not Path("exports/head.cdx.json").exists()


def test_without_the_extra_it_says_how_to_get_it(lab: Lab, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rocrate.rocrate", None)
    monkeypatch.delitem(sys.modules, "kit.exports.run_crate", raising=False)
    code, out, error = kit("export", HEAD, "--format", "ro-crate")
    assert (code, out, error.count("\n")) == (1, "", 1)
    assert "the package rocrate is not installed" in error
    assert error.endswith("run `uv sync --extra export`\n")


def test_a_lock_that_points_out_of_the_project_writes_nothing_there(lab: Lab, kit: Kit) -> None:
    lab.write("dvc.lock", lab.read("dvc.lock").replace("artifacts/train/run.json", "../../evil/run.json"))
    exported(kit, HEAD, "ro-crate")
    assert not (lab.root.parent / "evil").exists()
    assert not (lab.root.parents[1] / "evil").exists()


def test_other_people_s_folders_are_not_replaced(lab: Lab, kit: Kit) -> None:
    lab.write("mine/notes.txt", "mine")
    for format_name in ("ro-crate", "ml-bom"):
        code, _, error = kit("export", HEAD, "--format", format_name, "-o", "mine")
        assert (code, error) == (
            1,
            "kit: mine: exists and is not such an export; remove it, or choose another name with -o\n",
        )
    assert lab.read("mine/notes.txt") == "mine"
    first = exported(kit, HEAD, "ro-crate", "-o", "crate")
    shutil.copy("dvc.lock", first / "extra")
    assert not (exported(kit, HEAD, "ro-crate", "-o", "crate") / "extra").exists()


@pytest.mark.parametrize("place", ["/proc/nope/x", "dvc.yaml/x", "modules"])
def test_a_place_that_cannot_be_written(place: str, lab: Lab, kit: Kit) -> None:
    for command in (("export", HEAD, "--format", "ml-bom"), ("report",)):
        code, _, error = kit(*command, "-o", place)
        assert (code, error.count("\n")) == (1, 1)
        assert error.startswith(f"kit: {place}: ")


def test_one_of_file_and_all(lab: Lab, kit: Kit) -> None:
    for arguments in ([], [HEAD, "--all"]):
        assert kit("export", *arguments, "--format", "ml-bom")[2] == "kit: kit export: name a FILE, or give --all\n"

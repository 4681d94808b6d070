import json

from run import report, run


def test_a_folder_is_as_large_as_its_files(tmp_path):
    (tmp_path / "one").write_bytes(b"123")
    (tmp_path / "two").write_bytes(b"45")
    assert report(tmp_path) == {"files": 2, "bytes": 5}


def test_the_report_is_written(tmp_path):
    (tmp_path / "input").write_bytes(b"123")
    inputs = {"{{ cookiecutter.input }}": tmp_path / "input"}
    outputs = {"{{ cookiecutter.output }}": tmp_path / "report.json"}
    run(inputs, outputs, {})
    assert json.loads((tmp_path / "report.json").read_text())["bytes"] == 3

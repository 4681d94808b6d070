import hashlib
import importlib
import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pandas as pd
import pytest
import torch
from apply import Encoder
from safetensors.torch import save, save_file

REVISION = "5f0c" * 10
HUBCONF = """\
from torch import nn

dependencies = ["torch"]


def flat():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 4))
"""


@pytest.fixture
def inputs(tmp_path):
    found = {}
    for split in ["unlabelled", "support", "calibration", "test"]:
        table = pd.DataFrame(torch.rand(5, 64).numpy(), columns=[f"p{i:02d}" for i in range(64)])
        table.insert(0, "id", [f"{split}-{i}" for i in range(5)])
        found[split] = tmp_path / f"{split}.parquet"
        table.to_parquet(found[split], index=False)
    return found


def settings(data, **changes):
    digest = hashlib.sha256(data).hexdigest()
    chosen = {"source": "huggingface", "repo": "acme/digits", "revision": REVISION, "file": "model.safetensors"}
    return chosen | {"sha256": digest, "entry": None} | changes


@pytest.fixture
def outputs(tmp_path):
    return {"encoder": tmp_path / "encoder.safetensors", "embeddings": tmp_path / "embeddings.parquet"}


@pytest.fixture
def local_hub(tmp_path, monkeypatch):
    """A repository as torch.hub keeps it once it was fetched."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / f"torch/hub/acme_digits_{REVISION}"
    folder.mkdir(parents=True)
    (folder / "hubconf.py").write_text(HUBCONF)
    save_file({"1.weight": torch.ones(4, 64), "1.bias": torch.zeros(4)}, folder / "model.safetensors")
    return folder


def test_a_network_of_a_local_hub_folder_embeds_without_a_network(inputs, outputs, local_hub):
    from run import run

    params = settings((local_hub / "model.safetensors").read_bytes(), source="torchhub", entry="flat")
    run(inputs, outputs, params)
    table = pd.read_parquet(outputs["embeddings"])
    pixels = pd.read_parquet(inputs["test"]).filter(regex=r"^p\d\d$").to_numpy()
    assert table.query("split == 'test'")["e000"].to_numpy() == pytest.approx(pixels.sum(axis=1), rel=1e-5)


def test_other_weights_than_those_meant_are_refused(inputs, outputs, local_hub):
    from run import run

    with pytest.raises(ValueError, match=r"and params\.yaml says"):
        run(inputs, outputs, settings(b"", source="torchhub", entry="flat"))


def test_weights_that_lack_a_part_are_refused(inputs, outputs, local_hub):
    from run import run

    save_file({"1.weight": torch.ones(4, 64)}, local_hub / "model.safetensors")
    params = settings((local_hub / "model.safetensors").read_bytes(), source="torchhub", entry="flat")
    with pytest.raises(ValueError, match=r"has no 1\.bias, which the network needs"):
        run(inputs, outputs, params)


class Hub(BaseHTTPRequestHandler):
    """As much of Hugging Face as one file needs."""

    files: dict = {}  # noqa: RUF012
    asked: list = []  # noqa: RUF012

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        self.asked.append(self.path)
        data = self.files.get(self.path)
        self.send_response(200 if data is not None else 404)
        self.send_header("Content-Length", str(len(data or b"")))
        self.send_header("ETag", f'"{hashlib.sha256(data or b"").hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if data and self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub on this machine, with the weights of an Encoder."""
    server = HTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    import hubs
    import huggingface_hub.constants
    import huggingface_hub.file_download
    import run

    for module in (huggingface_hub.constants, huggingface_hub.file_download, huggingface_hub, hubs, run):
        importlib.reload(module)
    torch.manual_seed(0)
    data = save(Encoder(6).state_dict())
    Hub.files = {f"/acme/digits/resolve/{REVISION}/model.safetensors": data}
    Hub.asked = []
    yield server, data
    server.shutdown()
    server.server_close()


def test_what_a_hub_gave_once_needs_no_network_again(inputs, outputs, hub):
    from run import run

    server, data = hub
    run(inputs, outputs, settings(data))
    first = outputs["embeddings"].read_bytes()
    assert pd.read_parquet(outputs["embeddings"]).shape == (20, 8)
    assert all(REVISION in path for path in Hub.asked if not path.startswith("/api/"))
    server.shutdown()
    server.server_close()
    run(inputs, outputs, settings(data))
    assert outputs["embeddings"].read_bytes() == first


def test_pickled_weights_are_not_read(inputs, outputs, hub):
    from run import run

    data = b"\x80\x04cposix\nsystem\n"
    Hub.files = {f"/acme/digits/resolve/{REVISION}/model.safetensors": data}
    with pytest.raises(Exception, match=r"(?i)header|deserializ"):
        run(inputs, outputs, settings(data))


def test_the_parameters_in_the_card_are_those_of_the_contract():
    with open("README.md") as card, open("module.yaml") as contract:
        shown, declared = card.read(), contract.read()
    assert all(f"  {name}: " in shown and f"  {name}:" in declared for name in settings(b""))
    assert json.dumps(None) in shown

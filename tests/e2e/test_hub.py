"""An encoder from a hub, in the real pipeline: fetched once, pinned, confined."""

import hashlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from e2e_project import Baked

REVISION = "5f0c" * 10


class Hub(BaseHTTPRequestHandler):
    """As much of Hugging Face as one file needs."""

    data: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        found = self.path == f"/acme/digits/resolve/{REVISION}/model.safetensors"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(self.data) if found else 0))
        self.send_header("ETag", f'"{hashlib.sha256(self.data).hexdigest()}"')
        self.send_header("X-Repo-Commit", REVISION)
        self.end_headers()
        if found and self.command == "GET":
            self.wfile.write(self.data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(finished: Baked) -> Iterator[HTTPServer]:
    """A hub on this machine that serves the encoder of the finished project."""
    Hub.data = (finished.root / "artifacts/encode/encoder.safetensors").read_bytes()
    server = HTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_published_weights_are_as_good_as_trained_ones(project: Baked, hub: HTTPServer) -> None:
    accuracy = project.json("artifacts/evaluate/metrics.json")["transfer"]["accuracy"]
    params = (project.root / "params.yaml").read_text()
    params = params.replace("encoder: encoder_conv ", "encoder: encoder_hub ").replace("owner/name", "acme/digits")
    params = params.replace('"' + "0" * 40 + '"', f'"{REVISION}"')
    params = params.replace("0" * 64, hashlib.sha256(Hub.data).hexdigest())
    (project.root / "params.yaml").write_text(params)
    there = {"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}"}
    # The same weights give the same embeddings, byte for byte: only the code that is packed with them is another.
    assert project.executed("dvc", "repro", **there) == ["encode", "bundle"]
    assert project.json("artifacts/evaluate/metrics.json")["transfer"]["accuracy"] == accuracy
    record = project.json("artifacts/encode/run.json")
    assert (record["isolation"], record["network"]) == ("landlock", "allowed")

    before = project.hashes()
    hub.shutdown()
    hub.server_close()
    project.run("kit", "run", "encode", **there)
    project.run("dvc", "commit", "--force", "--quiet", "encode")
    assert project.hashes() == before

    (project.root / "params.yaml").write_text(params.replace(hashlib.sha256(Hub.data).hexdigest(), "1" * 64))
    assert "and params.yaml says " + "1" * 64 in project.run("kit", "run", "encode", check=False, **there)

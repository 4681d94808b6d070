"""Data and results on a real S3 API: pushed, not fetched without need, never used when damaged."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from e2e_project import Baked, generate
from moto.server import ThreadedMotoServer


class Store:
    """A bucket on this machine."""

    def __init__(self) -> None:
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        self.url = "http://{}:{}".format(*self.server.get_host_and_port())
        self.client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        self.client.create_bucket(Bucket="bucket")

    def objects(self, prefix: str = "store/") -> dict[str, bytes]:
        listed = self.client.list_objects_v2(Bucket="bucket", Prefix=prefix).get("Contents", [])
        return {found["Key"]: self._content(found["Key"]) for found in listed}

    def _content(self, key: str) -> bytes:
        data: bytes = self.client.get_object(Bucket="bucket", Key=key)["Body"].read()
        return data


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    found = Store()
    yield found
    found.server.stop()


@pytest.fixture(scope="module")
def pushed(template: Path, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Baked:
    """A project of two stages whose results are in the bucket."""
    answers = ["example=blank", "ci=none", "remote=s3://bucket/store"]
    project = generate(template, tmp_path_factory.mktemp("s3"), *answers)
    settings = {"endpointurl": store.url, "access_key_id": "key", "secret_access_key": "secret", "region": "us-east-1"}
    for name, value in settings.items():
        project.run("dvc", "remote", "modify", "--local", "storage", name, value)
    project.run("kit", "new", "source", "numbers")
    project.run("kit", "new", "filter", "some", "--after", "numbers")
    project.commit("Begin")
    assert project.executed("dvc", "repro") == ["numbers", "some"]
    project.commit("Run")
    project.run("dvc", "push", "--run-cache")
    return project


@pytest.fixture
def clone(pushed: Baked, tmp_path: Path) -> Baked:
    pushed.run("git", "clone", "--quiet", ".", str(tmp_path / "clone"))
    config = (pushed.root / ".dvc/config.local").read_text()
    (tmp_path / "clone/.dvc/config.local").write_text(config)
    return Baked(tmp_path / "clone", pushed.tools)


def test_a_fresh_clone_runs_nothing_and_fetches_nothing(clone: Baked, store: Store) -> None:
    assert any("/runs/" in key for key in store.objects())
    assert clone.executed("dvc", "repro", "--pull", "--allow-missing") == []
    assert not (clone.root / ".dvc/cache/files").exists()
    clone.run("dvc", "pull")
    assert clone.executed("dvc", "repro") == []


def test_what_somebody_ran_is_restored_by_the_run_cache(clone: Baked, pushed: Baked) -> None:
    """A change that was run and pushed, but whose dvc.lock was not committed."""
    params = clone.root / "params.yaml"
    params.write_text(params.read_text().replace("rows: 100", "rows: 50"))
    pushed_params = pushed.root / "params.yaml"
    before = pushed_params.read_text()
    pushed_params.write_text(params.read_text())
    pushed.run("dvc", "repro")
    pushed.run("dvc", "push", "--run-cache")
    pushed_params.write_text(before)
    pushed.run("git", "checkout", "--quiet", "dvc.lock")
    pushed.run("dvc", "checkout")
    assert clone.executed("dvc", "repro", "--pull", "--allow-missing") == []
    assert "rows: 50" in (clone.root / "dvc.lock").read_text()


def test_a_damaged_object_is_reported_and_never_used(clone: Baked, store: Store) -> None:
    large = max(store.objects("store/files/").items(), key=lambda item: len(item[1]))
    key, data = large
    store.client.put_object(Bucket="bucket", Key=key, Body=data[:-1] + bytes([data[-1] ^ 1]))
    try:
        assert "failed to pull data" in clone.run("dvc", "pull", check=False)
        used = [path.read_bytes() for path in clone.root.glob("artifacts/**/*.parquet")]
        assert data[:-1] not in [content[:-1] for content in used]
        said = clone.run("kit", "verify", "--deep", check=False)
        assert "the remote holds other bytes under its hash" in said
    finally:
        store.client.put_object(Bucket="bucket", Key=key, Body=data)


def test_a_store_that_does_not_answer_is_told(clone: Baked) -> None:
    clone.run("dvc", "remote", "modify", "--local", "storage", "endpointurl", "http://127.0.0.1:9")
    clone.run("dvc", "remote", "modify", "--local", "storage", "connect_timeout", "1")
    said = clone.run("dvc", "pull", check=False, AWS_MAX_ATTEMPTS="1")
    assert "failed to connect to s3" in said
    assert "Could not connect to the endpoint URL" in said
    assert "Traceback" not in said

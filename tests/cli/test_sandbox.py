"""The sandbox: what a module is stopped from, how it is told, and what goes on working."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from acts import module_does, replace

from kit.confinement import landlock
from kit.execution.sandbox import around

pytestmark = pytest.mark.skipif(landlock.abi() == 0, reason="this kernel has no Landlock")

Kit = Callable[..., tuple[int, str, str]]
MODULE = Path("modules/doubler")
RECORD = Path("artifacts/double/run.json")
WHO = "kit: modules/doubler: was stopped from"
ADD_OTHER = (
    f"{WHO} reading data/other.csv, which stage double does not declare; add the line `- data/other.csv` to its deps"
    " in dvc.yaml, and a port to modules/doubler/module.yaml"
)


@pytest.fixture
def other(project: Path) -> Path:
    """A file that no stage declares."""
    (project / "data/other.csv").write_text("x\n7\n")
    return project / "data/other.csv"


def last_line(errors: str) -> str:
    return errors.splitlines()[-1]


READS = {
    "Python": "open({path!r}).read()",
    "pathlib": "import pathlib; pathlib.Path({path!r}).read_bytes()",
    "os.open": "import os; os.open({path!r}, os.O_RDONLY)",
    "mmap": "import mmap, os; mmap.mmap(os.open({path!r}, os.O_RDONLY), 0, prot=mmap.PROT_READ)",
    "cat, checked": "import subprocess; subprocess.run(['cat', {path!r}], check=True)",
    "cat, its output taken": "import subprocess; subprocess.run(['cat', {path!r}], check=True, capture_output=True)",
    "a shell": "import os, shlex\nassert os.system('cat < ' + shlex.quote({path!r})) == 0",
    "a chained error": "try:\n    open({path!r})\nexcept OSError as error:\n    raise ValueError('no data') from error",
    "another process": (
        "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(1) as pool:\n"
        "    pool.apply(open, [{path!r}])"
    ),
}


@pytest.mark.parametrize("code", READS.values(), ids=READS)
def test_an_undeclared_read_is_stopped_and_explained(code: str, other: Path, kit: Kit) -> None:
    module_does(code.format(path=str(other)))
    code_, _, errors = kit("run", "double")
    assert code_ == 1
    assert last_line(errors) == ADD_OTHER
    assert not RECORD.exists()


CPP_READS = {
    "pandas, Parquet": "import pandas; pandas.read_parquet({path!r}, engine='pyarrow')",
    "pandas, CSV by pyarrow": "import pandas; pandas.read_csv({path!r}, engine='pyarrow')",
    "pyarrow's own file system": "import pyarrow.fs; pyarrow.fs.LocalFileSystem().open_input_file({path!r})",
    "pyarrow, Parquet": "import pyarrow.parquet; pyarrow.parquet.read_table({path!r})",
    "pyarrow, memory map": "import pyarrow; pyarrow.memory_map({path!r})",
}


@pytest.mark.parametrize("code", CPP_READS.values(), ids=CPP_READS)
def test_compiled_readers_are_stopped_as_well(
    code: str, other: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_ENV", "host")
    module_does(code.format(path=str(other)))
    code_, _, errors = kit("run", "double")
    assert code_ == 1
    assert last_line(errors) == ADD_OTHER


def test_a_reader_that_calls_a_denied_file_missing_is_seen_through(
    other: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_ENV", "host")
    module_does(f"import safetensors; safetensors.safe_open({str(other)!r}, 'numpy')")
    errors = kit("run", "double")[2]
    assert "No such file" in errors
    assert last_line(errors) == ADD_OTHER


def test_a_file_that_is_really_missing_is_no_denial(project: Path, kit: Kit) -> None:
    module_does(f"open({str(project / 'data/none.csv')!r})")
    assert last_line(kit("run", "double")[2]).endswith("failed with exit code 1; see its messages above")


def test_a_denial_without_a_path_is_told_in_its_own_words(project: Path, kit: Kit) -> None:
    module_does("raise RuntimeError('cannot load weights: Permission denied (os error 13)')")
    assert last_line(kit("run", "double")[2]) == (
        f"{WHO} reaching something that stage double does not declare: RuntimeError: cannot load weights: Permission"
        " denied (os error 13)"
    )


def test_a_denial_that_the_module_ignores_is_told_as_a_warning(other: Path, kit: Kit) -> None:
    module_does(f"import subprocess; subprocess.run(['cat', {str(other)!r}])")
    code, out, _ = kit("run", "double")
    assert code == 0
    assert out == ADD_OTHER.replace("kit:", "kit: warning:") + "\n"


def folder_input(project: Path) -> None:
    """The stage reads a folder, data/numbers, with one file in it."""
    Path("data/numbers").mkdir()
    shutil.move("data/numbers.csv", "data/numbers/one.csv")
    replace("dvc.yaml", "data/numbers.csv", "data/numbers")
    Path("contracts/anything.yaml").write_text("kind: table\nschema: {columns: {}}\n")
    stage = "  made:\n    cmd: echo\n    outs: [data/numbers]\n"  # so that it counts as checked already
    replace("dvc.yaml", "stages:\n", f"stages:\n{stage}")
    replace(MODULE / "run.py", 'inputs["numbers"].read_text()', '(inputs["numbers"] / "one.csv").read_text()')


def test_a_declared_folder_can_be_read(project: Path, kit: Kit) -> None:
    folder_input(project)
    assert kit("run", "double")[0] == 0


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_inside_a_declared_folder_leads_nowhere(kind: str, project: Path, tmp_path: Path, kit: Kit) -> None:
    folder_input(project)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/two.csv").write_text("x\n9\n")
    name = "two.csv" if kind == "file" else "more/two.csv"
    Path("data/numbers", name.split("/")[0]).symlink_to(tmp_path / ("secret/two.csv" if kind == "file" else "secret"))
    module_does(f"(inputs['numbers'] / {name!r}).read_text()")
    code, _, errors = kit("run", "double")
    assert code == 1
    assert last_line(errors) == (
        f"{WHO} reading data/numbers/{name}: it leads out of its folder, to {tmp_path}/secret/two.csv;"
        " put a copy of the file in its place"
    )


def test_what_lies_outside_the_project_is_to_be_brought_in(project: Path, tmp_path: Path, kit: Kit) -> None:
    (tmp_path / "elsewhere.csv").write_text("x\n")
    module_does(f"open({str(tmp_path / 'elsewhere.csv')!r})")
    errors = kit("run", "double")[2]
    assert last_line(errors) == (
        f"{WHO} reading {tmp_path}/elsewhere.csv, which is outside the project; copy it to data/raw, `dvc add` it and"
        " add the line `- data/raw/elsewhere.csv` to deps in dvc.yaml"
    )


def test_the_card_is_no_input_because_it_is_not_in_the_hash(project: Path, kit: Kit) -> None:
    Path(".dvcignore").write_text("/modules/*/README.md\n")
    module_does("import pathlib; (pathlib.Path(__file__).parent / 'README.md').read_text()")
    assert last_line(kit("run", "double")[2]) == (
        f"{WHO} reading modules/doubler/README.md: .dvcignore leaves it out of the stage's hash; move what run() needs"
        " to another file"
    )


WRITES = {
    "next to an input": ("inputs['numbers'].with_name('new.csv').write_text('x')", "data/new.csv"),
    "over an input": ("inputs['numbers'].write_text('x')", "data/numbers.csv"),
    "over an undeclared file": ("inputs['numbers'].with_name('other.csv').write_text('x')", "data/other.csv"),
    "into DVC's cache": ("open('../../../../.dvc/cache/files/md5/00/11', 'w')", ".dvc/cache/files/md5/00/11"),
    "into its own code": ("import run; open(run.__file__, 'a')", "modules/doubler/run.py"),
    "removing an input": ("inputs['numbers'].unlink()", "data/numbers.csv"),
    "renaming an input": ("inputs['numbers'].rename('here.csv')", "data/numbers.csv"),
    "to where outputs end": ("open('../../../../artifacts/run.json', 'w')", "artifacts/run.json"),
}


@pytest.mark.parametrize(("code", "path"), WRITES.values(), ids=WRITES)
def test_an_undeclared_write_is_stopped_and_explained(code: str, path: str, other: Path, kit: Kit) -> None:
    Path(".dvc/cache/files/md5/00").mkdir(parents=True)
    Path("artifacts").mkdir()
    before = Path("data/numbers.csv").read_text(), other.read_text()
    module_does(code)
    code_, _, errors = kit("run", "double")
    assert code_ == 1
    assert last_line(errors) == (
        f"{WHO} writing {path}; it may write its outputs and, in its working directory or with tempfile, temporary"
        " files"
    )
    assert (Path("data/numbers.csv").read_text(), other.read_text()) == before
    assert not RECORD.exists()


@pytest.fixture
def server() -> Iterator[int]:
    """A TCP server on this machine; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


CONNECTS = {
    "socket": "import socket; socket.create_connection(('127.0.0.1', {port}))",
    "urllib": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/')",
}


@pytest.mark.skipif(landlock.abi() < 4, reason="this kernel's Landlock cannot deny TCP")
@pytest.mark.parametrize("code", CONNECTS.values(), ids=CONNECTS)
def test_a_connection_is_stopped_and_explained(code: str, server: int, project: Path, kit: Kit) -> None:
    module_does(code.format(port=server))
    code_, _, errors = kit("run", "double")
    assert code_ == 1
    assert last_line(errors) == (
        f"{WHO} connecting to 127.0.0.1:{server}; a module has no network unless its module.yaml says"
        " `resources: {network: true}`"
    )


def test_a_module_that_says_so_may_connect(server: int, project: Path, kit: Kit) -> None:
    replace(MODULE / "module.yaml", "cpus: 1", "cpus: 1, network: true")
    module_does(CONNECTS["socket"].format(port=server))
    assert kit("run", "double")[0] == 0
    assert json.loads(RECORD.read_text())["network"] == "allowed"


def test_temporary_files_are_private_and_gone_afterwards(project: Path, kit: Kit) -> None:
    module_does(
        "import os, tempfile, pathlib\n"
        "print(tempfile.gettempdir(), pathlib.Path.home(), sep='\\n')\n"
        "tempfile.NamedTemporaryFile(delete=False).write(b'x')\n"
        "pathlib.Path('here').mkdir(); pathlib.Path('here/a').write_text('x')\n"
        "os.rename('here/a', 'b'); os.truncate('b', 0)"
    )
    code, out, _ = kit("run", "double")
    assert code == 0
    temporary, home = map(Path, out.splitlines())
    assert home == project / ".kit/staging/double/scratch"
    assert not home.exists()
    assert not temporary.exists()
    assert temporary.parent == Path(tempfile.gettempdir()), "a Unix socket's path has at most 107 bytes"


@pytest.mark.parametrize("link", ["hardlink", "symlink"])
@pytest.mark.parametrize("what", ["file", "folder"])
def test_inputs_that_dvc_linked_to_its_cache_can_be_read(
    link: str, what: str, project: Path, tmp_path: Path, kit: Kit
) -> None:
    """As `dvc config cache.type` and a cache outside the project make them."""
    if what == "folder":
        folder_input(project)
    path = Path("data/numbers/one.csv" if what == "folder" else "data/numbers.csv")
    cached = tmp_path / "cache/files/md5/aa/bb"
    cached.parent.mkdir(parents=True)
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text(f"[cache]\n    dir = {tmp_path / 'cache'}\n")
    path.rename(cached)
    path.hardlink_to(cached) if link == "hardlink" else path.symlink_to(cached)
    assert kit("run", "double")[0] == 0
    module_does(f"open({str(cached.with_name('cc'))!r}, 'w')")
    assert kit("run", "double")[0] == 1


def test_the_record_says_how_it_was_isolated(project: Path, kit: Kit) -> None:
    kit("run", "double")
    record = json.loads(RECORD.read_text())
    assert (record["isolation"], record["landlock_abi"]) == ("landlock", landlock.abi())


def test_isolation_can_be_turned_off_and_says_so(other: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_ISOLATION", "off")
    module_does(READS["Python"].format(path=str(other)))
    code, _, errors = kit("run", "double")
    assert code == 0
    assert errors == (
        "kit: warning: not isolated: KIT_ISOLATION=off; undeclared files can be read unnoticed, and run.json says so\n"
    )
    assert json.loads(RECORD.read_text())["isolation"] == "none"


# Answers the call that Landlock begins with as an older kernel does (ENOSYS), then becomes the kit.
OLD_KERNEL = """
import ctypes, struct, sys
RET, LOAD, EQUAL = 0x06, 0x20, 0x15
program = [(LOAD, 0, 0, 0), (EQUAL, 0, 1, 444), (RET, 0, 0, 0x00050000 | 38), (RET, 0, 0, 0x7FFF0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
filter = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter, 0, 0) == 0
from kit.cli import main
sys.exit(main(sys.argv[1:]))
"""


def on_an_old_kernel(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path, **variables}
    command = [sys.executable, "-c", OLD_KERNEL, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_kernel_without_landlock_runs_unconfined_with_one_warning(other: Path) -> None:
    module_does(READS["Python"].format(path=str(other)))
    done = on_an_old_kernel("run", "double")
    assert done.returncode == 0, done.stderr
    assert done.stderr == (
        "kit: warning: not isolated: this system has no Landlock (Linux 5.13 or newer); undeclared files can be read"
        " unnoticed, and run.json says so\n"
    )
    assert json.loads(RECORD.read_text())["isolation"] == "none"


def test_isolation_can_be_required(project: Path) -> None:
    done = on_an_old_kernel("run", "double", KIT_ISOLATION="require")
    assert done.returncode == 1
    assert done.stderr.startswith("kit: KIT_ISOLATION=require: this system has no Landlock")


def test_an_unknown_isolation_is_refused(project: Path, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIT_ISOLATION", "maybe")
    assert kit("run", "double")[2] == "kit: KIT_ISOLATION=maybe: must be on (the default), off or require\n"


def test_a_project_inside_a_system_folder_is_not_opened_with_it(tmp_path: Path) -> None:
    """As /usr/src/app in containers."""
    for name in ("usr/bin", "usr/src/app/data", "usr/src/other"):
        (tmp_path / name).mkdir(parents=True)
    opened = set(around(tmp_path / "usr", tmp_path / "usr/src/app"))
    assert opened == {tmp_path / "usr/bin", tmp_path / "usr/src/other"}
    assert set(around(tmp_path / "usr/bin", tmp_path / "usr/src/app")) == {tmp_path / "usr/bin"}


def test_nothing_that_a_module_started_lives_on(project: Path, kit: Kit) -> None:
    module_does("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)")
    _, out, _ = kit("run", "double")
    stat = Path(f"/proc/{int(out)}/stat")
    assert not stat.exists() or stat.read_text().split()[2] == "Z"

"""An environment of one package, as small as one can be: no Python in it runs."""

import base64
import hashlib
from pathlib import Path

from kit.environments.contents import contents, fingerprint
from kit.environments.environment import LAST_USE, Environment, write_manifest

PACKAGES = "lib/python3.11/site-packages"
FILES = {
    "bin/tool": "#!/bin/sh\n",
    "pyvenv.cfg": "home = /usr/bin\n",
    f"{PACKAGES}/one/__init__.py": "ONE = 1\n",
    f"{PACKAGES}/one/__pycache__/__init__.cpython-311.pyc": "compiled",
    f"{PACKAGES}/one-1.0.dist-info/METADATA": "Name: one\n",
}
RECORDED = ["bin/tool", f"{PACKAGES}/one/__init__.py", f"{PACKAGES}/one-1.0.dist-info/METADATA"]
RECORD = f"{PACKAGES}/one-1.0.dist-info/RECORD"


def build_small(folder: Path, key: str = "0123") -> Environment:
    """Built in a folder of environments, with a manifest."""
    root = folder / key
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / "bin/python").symlink_to("/bin/sh")
    rows = [f"{_from_packages(path)},{_hash(FILES[path])},{len(FILES[path])}" for path in RECORDED]
    (root / RECORD).write_text("\n".join([*rows, "one-1.0.dist-info/RECORD,,", ""]))
    (root / LAST_USE).touch()
    write_manifest(root, {"lock": "0", "fingerprint": fingerprint(root), "contents": contents(root)})
    return Environment(key, root)


def _from_packages(path: str) -> str:
    inside = path.removeprefix(f"{PACKAGES}/")
    return inside if inside != path else f"../../../{path}"


def _hash(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"sha256={digest}"

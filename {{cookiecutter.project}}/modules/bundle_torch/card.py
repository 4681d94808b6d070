"""The bundle's own card, for whoever gets the folder without the project."""

import hashlib
import json
from pathlib import Path
from typing import Any

CARD = """\
# Model

```python
model = torch.hub.load("path/to/this/folder", "model", source="local")
probabilities = model(images)  # images: (count, {features}) float32, {minimum} to {maximum}; gives (count, {classes})
```

`requirements.txt` pins, with hashes, the packages it was packed and tried with:
`uv pip sync --require-hashes requirements.txt` installs just these.
`contract.json` says what goes in and comes out; `hubconf.py` refuses anything else.

| part | SHA-256 of the weights |
| --- | --- |
{parts}

Measured when it was packed, on images that no part was trained on:

| | |
| --- | --- |
{metrics}

In the project that made it, `kit find encoder/weights.safetensors` tells what each part was made from.
"""


def card(folder: Path, metrics: dict[str, Any]) -> str:
    """Markdown: how to load it, what it is made of, how good it was."""
    contract = json.loads((folder / "contract.json").read_text())
    files = sorted(folder.glob("*/weights.safetensors"))
    parts = [f"| {file.parent.name} | {hashlib.sha256(file.read_bytes()).hexdigest()} |" for file in files]
    quality = metrics["transfer"]
    rows = [("accuracy", quality["accuracy"]), ("macro F1", quality["f1_macro"]), ("calibration error", quality["ece"])]
    return CARD.format(
        features=contract["input"]["features"],
        minimum=contract["input"]["minimum"],
        maximum=contract["input"]["maximum"],
        classes=contract["output"]["classes"],
        parts="\n".join(parts),
        metrics="\n".join(f"| {name} | {value:.3f} |" for name, value in rows),
    )

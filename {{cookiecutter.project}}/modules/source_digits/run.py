"""Turn the raw digits file into a typed table of distinct images."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

PIXELS = [f"p{i:02d}" for i in range(64)]


def run(inputs: dict[str, Path], outputs: dict[str, Path], params: dict[str, Any]) -> None:
    raw = pd.read_csv(inputs["digits"], header=None, dtype="int64")
    images = typed_images(raw, params["pixel_max"])
    distinct = images.drop_duplicates(subset="id")
    print(f"{len(raw)} rows read, {len(images) - len(distinct)} duplicate images dropped")
    distinct.to_parquet(outputs["images"], index=False)


def typed_images(raw: pd.DataFrame, pixel_max: int) -> pd.DataFrame:
    """Rows of 64 pixels in 0..pixel_max and a label become id, label and pixels in 0..1 (float32).

    The id is taken from the pixels, so equal images get equal ids wherever they come from.
    """
    values = raw.to_numpy()
    pixels = pd.DataFrame((values[:, :64] / pixel_max).astype("float32"), columns=PIXELS)
    pixels.insert(0, "id", [image_id(row) for row in values[:, :64]])
    pixels.insert(1, "label", values[:, 64].astype("int64"))
    return pixels


def image_id(pixels: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels, dtype="<i8").tobytes()).hexdigest()[:16]

"""Train the digits pipeline on an NVIDIA GPU, twice, and once on the CPU: what is equal, and what the records say.

Run with a Python that has the kit, torch and the modules' other packages, in a generated project:

    KIT_ENV=host python PATH/benchmarks/gpu.py

Fails unless both GPU runs give bit-identical weights and the records name the GPU, its driver and CUDA.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

STAGES = {"encode": "encoder", "train": "head", "baseline": "network"}
GPU = {"KIT_ENV": "host", "KIT_DEVICE": "cuda"}
CPU = {"KIT_ENV": "host", "KIT_DEVICE": "cpu"}


def main() -> None:
    one, two, cpu = (train(**variables) for variables in (GPU, GPU, CPU))
    for stage, port in STAGES.items():
        digests = [run[stage]["outputs"][port]["tensor_digest"] for run in (one, two, cpu)]
        print(f"{stage}: {one[stage]['device']['kind']}, {one[stage]['run_s']} s; on the CPU {cpu[stage]['run_s']} s")
        print(f"  weights {digests[0][:12]}, again {digests[1][:12]}, on the CPU {digests[2][:12]}")
        if digests[0] != digests[1]:
            raise SystemExit(f"{stage}: two runs on the GPU differ")
    for stage in ("encode", "baseline"):
        device, torch = one[stage]["device"], one[stage]["torch"]
        if not (device["gpus"] and device["driver"] and device["cuda"] and torch["cuda"] and torch["cudnn"]):
            raise SystemExit(f"{stage}: the record does not name GPU, driver and CUDA: {device} {torch}")
        versions = f"driver {device['driver']}, CUDA {torch['cuda']}, cuDNN {torch['cudnn']}"
        print(f"{stage}: {device['gpus'][0]['name']}, {versions}")
        print(f"  isolation {one[stage]['isolation']}, determinism {one[stage]['determinism']}")
    print(json.dumps(json.loads(Path("artifacts/evaluate/metrics.json").read_text())["transfer"]))


def train(**variables: str) -> dict[str, dict[str, Any]]:
    """Run the whole pipeline, cached or not; returns stage to run record."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "dvc", "repro", "--force", "--no-run-cache"]
    subprocess.run(command, env={**os.environ, "PATH": path, **variables}, check=True)
    return {stage: json.loads(Path(f"artifacts/{stage}/run.json").read_text()) for stage in STAGES}


if __name__ == "__main__":
    main()

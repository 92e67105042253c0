"""Rewrite the snapshots: python -m tests.snapshots.refresh, after a change that was meant."""

import json
import re
from pathlib import Path
from typing import Final

from tests.synth import MODULES, assembly

STAGES: Final = ("dev", "prod")
FOLDER: Final = Path(__file__).resolve().parent
ASSET: Final = re.compile(r"\b[0-9a-f]{64}\b")


def snapshot(stage: str, module: str) -> str:
    """A template in one spelling, without the hashes of what it ships."""
    text = json.dumps(assembly(stage).template(module), indent=1, sort_keys=True, ensure_ascii=False)
    return ASSET.sub("<asset>", text) + "\n"


def path_of(stage: str, module: str) -> Path:
    """Where a snapshot is kept."""
    return FOLDER / stage / f"{module}.json"


def main() -> None:
    """Write all of them."""
    for stage in STAGES:
        for module in MODULES:
            path = path_of(stage, module)
            path.parent.mkdir(exist_ok=True)
            path.write_text(snapshot(stage, module))


if __name__ == "__main__":
    main()

"""Rewrite the snapshots: python -m tests.snapshots.refresh, after a change that was meant."""

import json
import re
from pathlib import Path
from typing import Any, Final

from tests.synth import MODULES, assembly

STAGES: Final = ("dev", "prod")
FOLDER: Final = Path(__file__).resolve().parent
ASSET: Final = re.compile(r"\b[0-9a-f]{64}\b")


def snapshot(stage: str, module: str) -> str:
    """A template in one spelling, without the hashes of what it ships."""
    without_hashes = json.loads(ASSET.sub("<asset>", json.dumps(assembly(stage).template(module))))
    return json.dumps(_in_order(without_hashes), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _in_order(value: Any) -> Any:
    """The CDK sorts the resources of a policy by text, hashes included: sort them again without."""
    if isinstance(value, list):
        return [_in_order(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    ordered = {key: _in_order(inner) for key, inner in value.items()}
    if isinstance(ordered.get("Resource"), list):
        ordered["Resource"] = sorted(ordered["Resource"], key=lambda resource: json.dumps(resource, sort_keys=True))
    return ordered


def path_of(stage: str, module: str) -> Path:
    """The path of a snapshot."""
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

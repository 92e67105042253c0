"""The cost of synth beside an empty app, and beside the same templates from TypeScript."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Command, CommandFailed, Comparison, compare

PAIRS = 5
EMPTY = "import aws_cdk; aws_cdk.App(outdir={folder!r}).synth()"
PLATFORM = (
    "from pathlib import Path; from app import build_app; "
    "build_app(outdir=Path({folder!r}), context={{'stage': 'prod'}}, validate={validate}).synth()"
)
MANY = (
    "from pathlib import Path; from app import build_app; "
    "build_app(outdir=Path({folder!r}), context={{'stage': 'dev', 'aws:cdk:bundling-stacks': []}},"
    " models=Path({models!r}), validate=False).synth()"
)
COUNTS = (50, 100)
SECTIONS = ("Resources", "Outputs", "Mappings", "Conditions")


def comparisons(python: Path, node: Path, scratch: Path) -> Iterator[Comparison]:
    """Our app, with and without CDK's built-in validator, beside both others."""
    assembly, twin = scratch / "platform", scratch / "twin"
    quiet = {"CDK_VALIDATION": "false", "JSII_NODE": str(node)}

    def platform(validate: bool) -> Command:
        code = PLATFORM.format(folder=str(assembly), validate=validate)
        environment = quiet if not validate else {"JSII_NODE": str(node)}
        return Command([str(python), "-c", code], environment)

    empty = Command([str(python), "-c", EMPTY.format(folder=str(scratch / "empty"))], quiet)
    same = Command(
        [str(node), "--no-warnings", str(prepare_twin(scratch)), str(assembly), str(twin)],
        {"CDK_VALIDATION": "false"},
    )
    platform(False).run()
    same.run()
    require_same_templates(assembly, twin)
    yield compare("synth", ("python app.py, prod", platform(False)), ("an empty app in Python", empty), pairs=PAIRS)
    yield compare("synth", ("python app.py, prod", platform(False)), ("the same from TypeScript", same), pairs=PAIRS)
    yield compare(
        "synth, validated", ("with CDK's validator", platform(True)), ("without it", platform(False)), pairs=PAIRS
    )


def growth(python: Path, node: Path, scratch: Path) -> Iterator[Comparison]:
    """Our app with many models beside itself with one."""
    environment = {"CDK_VALIDATION": "false", "JSII_NODE": str(node)}

    def platform(count: int) -> Command:
        folder = copies_of_a_model(ROOT / "config" / "models" / "wine.toml", scratch / f"models-{count}", count)
        code = MANY.format(folder=str(scratch / f"platform-{count}"), models=str(folder))
        return Command([str(python), "-c", code], environment)

    one = platform(1)
    for count in COUNTS:
        yield compare("synth, by models", (f"{count} models", platform(count)), ("one model", one), pairs=PAIRS)


def copies_of_a_model(file: Path, folder: Path, count: int) -> Path:
    """A folder of so many models that differ from the one in the file by their names only."""
    folder.mkdir()
    text, name = file.read_text(), file.stem
    for number in range(count):
        (folder / f"{name}{number}.toml").write_text(text.replace(f'name = "{name}"', f'name = "{name}{number}"', 1))
    return folder


def prepare_twin(scratch: Path) -> Path:
    """The twin beside the very JavaScript that the Python packages carry. Returns the program."""
    packages = _package_folder("aws_cdk").parent
    for archive in sorted(packages.glob("**/_jsii/*.jsii.tgz")):
        with tarfile.open(archive) as packed:
            packed.extractall(scratch / "unpacking", filter="data")
        package = scratch / "unpacking" / "package"
        place = scratch / "node_modules" / json.loads((package / "package.json").read_text())["name"]
        place.parent.mkdir(parents=True, exist_ok=True)
        package.rename(place)
    return Path(shutil.copy(ROOT / "benchmarks" / "twin" / "twin.ts", scratch / "twin.ts"))


def require_same_templates(first: Path, second: Path) -> None:
    """A twin that leaves something out would be cheap for the wrong reason."""
    for path in sorted(first.glob("*.template.json")):
        ours, theirs = _sections(path), _sections(second / path.name)
        for section in SECTIONS:
            if ours[section] != theirs[section]:
                raise CommandFailed(f"{path.name}: the twin's {section} differ")


def _sections(path: Path) -> dict[str, Any]:
    template = json.loads(path.read_text())
    return {section: template.get(section, {}) for section in SECTIONS}


def _package_folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        sys.exit(f"{package} is not installed: run `make bench`")
    return Path(found.origin).parent

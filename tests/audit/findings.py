"""Findings of outside judges in the templates, and the answers of findings.toml."""

import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import aws_cdk as cdk
import pytest
from cdk_nag import NIST80053R5Checks
from pydantic import BaseModel, ConfigDict

from tests.synth import MODULES, ROOT, Assembly, app_of, new_folder

CHECKOV: Final = ROOT / ".build" / "venv" / "audit" / "bin" / "checkov"
TABLE: Final = Path(__file__).with_name("findings.toml")
DEADLINE_SECONDS: Final = 300


class Finding(NamedTuple):
    """A rule, and the path of what breaks it, without the stage."""

    rule: str
    path: str


class Entry(BaseModel):
    """The reason why findings of some rules at some resources stay."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rules: tuple[str, ...]
    resources: str
    reason: str

    def is_about(self, finding: Finding) -> bool:
        return finding.rule in self.rules and re.fullmatch(self.resources, finding.path) is not None


def entries() -> list[Entry]:
    """The table."""
    return [Entry.model_validate(entry) for entry in tomllib.loads(TABLE.read_text())["entry"]]


def unexplained(found: Iterable[Finding], table: Sequence[Entry]) -> list[str]:
    """Findings without an entry, or with two."""
    return sorted(
        f"{finding.rule} at {finding.path}: {len(reasons)} entries in findings.toml, one is needed"
        for finding in set(found)
        if len(reasons := [entry for entry in table if entry.is_about(finding)]) != 1
    )


def outlived(found: Iterable[Finding], table: Sequence[Entry], prefix: str) -> list[str]:
    """Rules of entries that no finding needs any more, of the judge whose rules have the prefix."""
    findings = set(found)
    return [
        f"{rule} at {entry.resources}: nothing is found any more, remove it from findings.toml"
        for entry in table
        for rule in entry.rules
        if rule.startswith(prefix) and not any(rule == one.rule and entry.is_about(one) for one in findings)
    ]


def nist(stage: str) -> list[Finding]:
    """Findings of cdk-nag's NIST 800-53 R5 pack in the app."""
    folder = new_folder() / "cdk.out"
    app = app_of(stage, folder)
    cdk.Validations.of(app).add_plugins(NIST80053R5Checks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report = json.loads((folder / "validation-report.json").read_text())
    return [
        Finding(violation["ruleName"], _path(place["constructPath"], stage))
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for place in violation["violatingConstructs"]
    ]


def checkov(assemblies: Sequence[Assembly]) -> list[Finding]:
    """Findings of checkov in the templates: one run, without network, for it takes seconds to start."""
    if not CHECKOV.exists():
        raise FileNotFoundError(f"{CHECKOV} is missing: make .build/venv/audit/.ready sets it up, as make test does")
    files = [str(path) for one in assemblies for path in sorted(one.folder.glob("*.template.json"))]
    command = [str(CHECKOV), "--framework", "cloudformation", "--skip-download", "--quiet", "--compact", "-o", "json"]
    done = subprocess.run(
        [*command, "--soft-fail", "--file", *files],
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_SECONDS,
        # Nothing of whoever runs it: no key of the vendor's platform, no settings of a home directory.
        env={"PATH": os.environ["PATH"], "HOME": str(new_folder())},
    )
    report = json.loads(done.stdout)
    if report["summary"]["parsing_errors"] or report["summary"]["resource_count"] < 100 * len(assemblies):
        raise AssertionError(f"checkov did not read all templates: {report['summary']}")
    paths = {stage.folder / name: path for stage in assemblies for name, path in _paths(stage).items()}
    return [
        Finding(one["check_id"], paths[Path(one["file_abs_path"]) / one["resource"].rpartition(".")[2]])
        for one in report["results"]["failed_checks"]
    ]


def _paths(platform: Assembly) -> dict[str, str]:
    """The construct path of every resource, by its template and logical id."""
    found = {}
    for module in MODULES:
        stack = f"mlops-{platform.stage}-{module}"
        metadata = json.loads((platform.folder / f"{stack}.metadata.json").read_text())
        for path, notes in metadata.items():
            for note in notes:
                if note["type"] == "aws:cdk:logicalId":
                    found[f"{stack}.template.json/{note['data']}"] = _path(path.removeprefix("/"), platform.stage)
    return found


def _path(construct_path: str, stage: str) -> str:
    return construct_path.removeprefix(f"mlops-{stage}-").removesuffix("/Resource")

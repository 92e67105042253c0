"""CloudFormation in the emulator: the types that the platform's templates use, and refusals where others would drop."""

from __future__ import annotations

import importlib

MODULES = (
    "registry",
    "physical_names",
    "ec2",
    "security_groups",
    "buckets",
    "tables",
    "functions",
    "mappings",
    "glue",
    "crawlers",
    "sagemaker",
    "machines",
    "refinements",
    "policy_documents",
    "monitoring",
    "customs",
    "references",
    "kept",
    "template_checks",
)


def install() -> None:
    """Register every type, then guard the stock ones."""
    for module in MODULES:
        importlib.import_module(f"{__name__}.{module}").install()

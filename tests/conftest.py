"""Settings for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
# Expressions of the state machines are evaluated by the engine of the rehearsal, here and in the emulators of tests.
os.environ.setdefault("REHEARSAL_NODE", str(ROOT / ".build" / "venv" / "synth" / "node" / "bin" / "node"))
os.environ.setdefault("REHEARSAL_JSONATA", str(ROOT / "node_modules" / "jsonata"))

# A busy machine must not fail a property: promises are about results, benchmarks are about time.
settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.hookimpl(tryfirst=True)  # before the plugin that reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With two workers (make test), one has the deployed platform and the other all else: each is made only once."""
    for item in items:
        wants_platform = "platform" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("platform" if wants_platform else "beside"))

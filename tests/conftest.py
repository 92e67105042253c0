"""Settings for every test."""

import pytest
from hypothesis import HealthCheck, settings

# A busy machine must not fail a property: promises are about results, benchmarks are about time.
settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.hookimpl(tryfirst=True)  # before the plugin that reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With two workers (make test), one has the deployed platform and the other all else: each is made only once."""
    for item in items:
        wants_platform = "platform" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("platform" if wants_platform else "beside"))

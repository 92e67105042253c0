"""Settings for every test."""

from hypothesis import HealthCheck, settings

# A busy machine must not fail a property: promises are about results, benchmarks are about time.
settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

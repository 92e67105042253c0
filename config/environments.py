"""The environments that exist. Adding one is adding a value here."""

from dataclasses import replace

from config.checking import FILE, checked
from config.host import host_functions
from config.settings import (
    EndpointConfig,
    LambdaConfig,
    MonitoringConfig,
    NetworkConfig,
    PlatformConfig,
    SageMakerConfig,
    SettingsError,
    StepFunctionsConfig,
    StorageConfig,
)

PROD = PlatformConfig(
    stage="prod",
    network=NetworkConfig(log_retention_days=365),
    functions=LambdaConfig(log_retention_days=365),
    sagemaker=SageMakerConfig(log_retention_days=365),
    step_functions=StepFunctionsConfig(
        endpoint=EndpointConfig(
            instance_type="ml.m5.large",
            instance_count=2,
            maximum_instance_count=4,
            traffic_shift="canary",
            data_capture_percentage=100,
        ),
        log_retention_days=365,
    ),
    monitoring=MonitoringConfig(log_retention_days=365),
)

STAGING = PlatformConfig(
    stage="staging",
    storage=StorageConfig(keep_on_delete=False),
    sagemaker=SageMakerConfig(keep_on_delete=False),
    step_functions=StepFunctionsConfig(
        delete_registry=True,
        endpoint=EndpointConfig(
            instance_type="ml.m5.large",
            instance_count=2,
            maximum_instance_count=2,
            traffic_shift="canary",
            data_capture_percentage=100,
        ),
    ),
)

DEV = PlatformConfig(
    stage="dev",
    storage=StorageConfig(keep_on_delete=False, noncurrent_version_days=30, access_log_days=30, capture_days=30),
    sagemaker=SageMakerConfig(keep_on_delete=False),
    step_functions=StepFunctionsConfig(approve_automatically=True, delete_registry=True),
)

REHEARSAL = PlatformConfig(
    stage="rehearsal",
    storage=DEV.storage,
    functions=host_functions(),
    sagemaker=DEV.sagemaker,
    step_functions=DEV.step_functions,
)

# Prod on this machine, for what only prod does: approval by people, a canary, and keeping what matters.
DRILL = replace(
    PROD,
    stage="drill",
    functions=replace(host_functions(), log_retention_days=PROD.functions.log_retention_days),
)

_BY_STAGE = {config.stage: config for config in (REHEARSAL, DRILL, DEV, STAGING, PROD)}


def environment(stage: str) -> PlatformConfig:
    """The environment of that name, if it can work."""
    if stage not in _BY_STAGE:
        raise SettingsError(f"{FILE}: stage: is {stage!r}; allowed: {', '.join(_BY_STAGE)}")
    return checked(_BY_STAGE[stage])

"""The deployment machine's first part: an approved version becomes a model and an endpoint configuration."""

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, choice, fail, jsonata, task
from mlops_constructs.workflow.names import RUN, first_or_numbered, of_model, setting
from mlops_constructs.workflow.quota import NO_LOOKS
from mlops_constructs.workflow.values import Workflow

VARIANT = "AllTraffic"


def package_states(workflow: Workflow) -> States:
    """The package to one that may be deployed."""
    return {
        "DescribePackage": _describe_package(workflow),
        "IsApproved?": choice(("$approval = 'Approved'", "FindEndpoint"), otherwise="PackageNotApproved"),
        "PackageNotApproved": fail(
            "PackageNotApproved",
            "'Version ' & $version & ' is ' & $approval & ', and only approved versions are deployed: "
            "approve it, and its deployment starts by itself'",
        ),
    }


def model_state(workflow: Workflow) -> States:
    """The package to a model."""
    return {"CreateModel": _create_model(workflow)}


def config_state(workflow: Workflow) -> States:
    """The model to a configuration that could be served."""
    return {"CreateEndpointConfig": _create_endpoint_config(workflow)}


def _describe_package(workflow: Workflow) -> State:
    properties = "$states.result.CustomerMetadataProperties"
    version, group = "$string($states.result.ModelPackageVersion)", "$states.result.ModelPackageGroupName"
    return task(
        "aws-sdk:sagemaker:describeModelPackage",
        {"ModelPackageName": jsonata("$states.input.package_arn")},
        retry=retries.SAGEMAKER_REGISTRY,
        timeout_seconds=60,
        next_state="IsApproved?",
        assign={
            "model": jsonata(f"$substringAfter({group}, '{workflow.prefix}-')"),
            "name": jsonata(group),
            "settings": jsonata("$states.input.settings"),
            "package_arn": jsonata("$states.result.ModelPackageArn"),
            "version": jsonata(version),
            "approval": jsonata("$states.result.ModelApprovalStatus"),
            "model_uri": jsonata("$states.result.InferenceSpecification.Containers[0].ModelDataUrl"),
            "requests_uri": jsonata(f"{properties}.requests_uri"),
            "baseline_uri": jsonata(f"{properties}.baseline_uri"),
            # Model and configuration share this stem; so do the names that later deployments keep or remove.
            "deployed": jsonata(f"{group} & '-v' & {version} & '-' & {RUN}"),
            "looks": 0,
            **NO_LOOKS,
            "previous": "none",
            "serving_config": "none",
            "scaling_stopped": False,
        },
    )


def _create_model(workflow: Workflow) -> State:
    name = first_or_numbered("$deployed")
    return task(
        "aws-sdk:sagemaker:createModel",
        {
            "ModelName": name,
            "ExecutionRoleArn": workflow.container.serving_role_arn,
            "PrimaryContainer": {"ModelPackageName": jsonata("$package_arn")},
            "VpcConfig": workflow.container.network,
            "EnableNetworkIsolation": True,
            "Tags": workflow.tags,
        },
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="CreateEndpointConfig",
        assign={"model_name": name},
    )


def _create_endpoint_config(workflow: Workflow) -> State:
    name = first_or_numbered("$deployed")
    variant = {
        "VariantName": VARIANT,
        "ModelName": jsonata("$model_name"),
        "InstanceType": setting("serving_instance_type"),
        "InitialInstanceCount": workflow.deployment.scaling.minimum_instances,
        "InitialVariantWeight": 1,
    }
    return task(
        "aws-sdk:sagemaker:createEndpointConfig",
        {
            "EndpointConfigName": name,
            "ProductionVariants": [variant],
            "DataCaptureConfig": {
                "EnableCapture": workflow.deployment.capture_percentage > 0,
                "InitialSamplingPercentage": workflow.deployment.capture_percentage,
                "DestinationS3Uri": of_model(f"s3://{workflow.places.artifacts_bucket}/capture/"),
                "KmsKeyId": workflow.places.key_arn,
                "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
                # Without it every captured body is base64.
                "CaptureContentTypeHeader": {
                    "CsvContentTypes": ["text/csv"],
                    "JsonContentTypes": ["application/json", "application/jsonlines"],
                },
            },
            "Tags": workflow.tags,
        },
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="NewEndpoint?",
        assign={"config_name": name},
    )

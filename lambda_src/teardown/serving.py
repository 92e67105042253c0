"""Second: what serves, from the outside in. An endpoint needs its config, model and role until it is gone."""

from botocore.exceptions import ClientError

from lambda_src.teardown.work import Progress, Work, is_error, pages

ALARMS_AT_ONCE = 100


def deregister_scalable_targets(work: Work) -> Progress:
    """A target of a deleted endpoint would stay registered for ever."""
    autoscaling = work.client("application-autoscaling")
    ours = f"endpoint/{work.properties.start_of_names}"
    for target in list(
        pages(autoscaling, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="sagemaker")
    ):
        if target["ResourceId"].startswith(ours):
            autoscaling.deregister_scalable_target(
                ServiceNamespace="sagemaker",
                ResourceId=target["ResourceId"],
                ScalableDimension=target["ScalableDimension"],
            )
    return Progress.DONE


def delete_endpoints(work: Work) -> Progress:
    """Deletes, and waits until SageMaker has let go of the network interfaces."""
    sagemaker = work.client("sagemaker")
    listing = pages(sagemaker, "list_endpoints", "Endpoints", NameContains=work.properties.start_of_names)
    left = [endpoint for endpoint in listing if work.ours([endpoint["EndpointName"]])]
    for endpoint in left:
        if endpoint["EndpointStatus"] != "Deleting":
            try:
                sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
            except ClientError as error:
                # An endpoint in the middle of an update refuses; it will be settled at a later look.
                if not is_error(error, "ValidationException"):
                    raise
    names = ", ".join(f"{endpoint['EndpointName']} ({endpoint['EndpointStatus']})" for endpoint in left)
    return work.waits_for(f"endpoints {names} to be deleted") if left else Progress.DONE


def delete_guard_alarms(work: Work) -> Progress:
    """Only alarms on one endpoint config are the deployment machine's; all others belong to CloudFormation."""
    cloudwatch = work.client("cloudwatch")
    listing = pages(
        cloudwatch,
        "describe_alarms",
        "MetricAlarms",
        AlarmNamePrefix=work.properties.start_of_names,
        AlarmTypes=["MetricAlarm"],
    )
    names = [alarm["AlarmName"] for alarm in listing if _watches_a_config(alarm)]
    for start in range(0, len(names), ALARMS_AT_ONCE):
        cloudwatch.delete_alarms(AlarmNames=names[start : start + ALARMS_AT_ONCE])
    return Progress.DONE


def _watches_a_config(alarm: dict[str, list[dict[str, str]]]) -> bool:
    return any(dimension["Name"] == "EndpointConfigName" for dimension in alarm.get("Dimensions", []))


def delete_endpoint_configs(work: Work) -> Progress:
    """After the endpoints: a config in use must not be deleted."""
    sagemaker = work.client("sagemaker")
    listing = pages(sagemaker, "list_endpoint_configs", "EndpointConfigs", NameContains=work.properties.start_of_names)
    for name in work.ours([config["EndpointConfigName"] for config in listing]):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    return Progress.DONE


def delete_models(work: Work) -> Progress:
    """After the configs, which name them."""
    sagemaker = work.client("sagemaker")
    listing = pages(sagemaker, "list_models", "Models", NameContains=work.properties.start_of_names)
    for name in work.ours([model["ModelName"] for model in listing]):
        sagemaker.delete_model(ModelName=name)
    return Progress.DONE


def delete_package_versions(work: Work) -> Progress:
    """A group with versions cannot be deleted, so where the registry may go its versions go first."""
    if not work.properties.delete_registry:
        return Progress.DONE
    sagemaker = work.client("sagemaker")
    groups = pages(
        sagemaker,
        "list_model_package_groups",
        "ModelPackageGroupSummaryList",
        NameContains=work.properties.start_of_names,
    )
    for group in work.ours([group["ModelPackageGroupName"] for group in groups]):
        versions = pages(sagemaker, "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=group)
        for version in list(versions):
            sagemaker.delete_model_package(ModelPackageName=version["ModelPackageArn"])
    return Progress.DONE

"""Takes away all that a proof made, from the outside in."""

import time
from collections.abc import Callable, Sequence

from botocore.exceptions import ClientError

from commands.errors import Refused, code_of
from commands.platform import Model, Platform
from commands.proving import holdings
from commands.proving.resources import CONFIGS, ENDPOINTS, MODELS, is_of
from commands.registry import versions
from commands.session import Session
from contract.text import one_line

POLL_SECONDS = 2.0
OBJECTS_AT_ONCE = 1000
DEADLINE_SECONDS = 1800.0
# In the middle of an update, or gone since it was listed.
UNSETTLED = ("ValidationException", "ResourceInUse")
STAYS = (
    "What stays, since AWS keeps it: the histories of the executions (90 days), the ended jobs in SageMaker's and"
    " Glue's lists, metrics, and log lines until their retention."
)


def remove(platform: Platform, model: Model) -> None:
    """Everything of the model that no stack made; the model is as new afterwards.

    Raises:
        Refused: when something is still there after half an hour.
    """
    _stop_executions(platform, model)
    _remove_endpoint(platform, model)
    sagemaker = platform.session.client("sagemaker")
    for name, _ in CONFIGS.of(platform.session, model):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
    for name, _ in MODELS.of(platform.session, model):
        sagemaker.delete_model(ModelName=name)
    for version in versions(platform.session, model):
        sagemaker.delete_model_package(ModelPackageName=version.arn)
    _remove_alarms(platform, model)
    _remove_objects(platform, model)
    _remove_items(platform, model)
    _remove_table(platform, model)


def _stop_executions(platform: Platform, model: Model) -> None:
    """Stop what would make new things while the old ones go; a stopped execution's job writes until it has ended."""
    states = platform.session.client("stepfunctions")
    for arn in holdings.executions(platform, model):
        states.stop_execution(executionArn=arn, error="ProofEnded", cause="mlops prove takes away what it made")
    _until_none(lambda: holdings.executions(platform, model), "executions to end")
    _until_none(lambda: holdings.jobs(platform, model), "jobs to end")


def _remove_endpoint(platform: Platform, model: Model) -> None:
    session = platform.session
    scaling = session.client("application-autoscaling")
    ours = [f"endpoint/{name}/variant/" for name, _ in ENDPOINTS.of(session, model)]
    for page in scaling.get_paginator("describe_scalable_targets").paginate(ServiceNamespace="sagemaker"):
        for target in page["ScalableTargets"]:
            if target["ResourceId"].startswith(tuple(ours)):
                scaling.deregister_scalable_target(
                    ServiceNamespace="sagemaker",
                    ResourceId=target["ResourceId"],
                    ScalableDimension=target["ScalableDimension"],
                )
    _until_none(lambda: _endpoints_left(session, model), "the endpoint to be deleted")


def _endpoints_left(session: Session, model: Model) -> list[str]:
    """Ask for the deletion of what is there, which an endpoint in the middle of an update refuses."""
    left = [name for name, _ in ENDPOINTS.of(session, model)]
    for name in left:
        try:
            session.client("sagemaker").delete_endpoint(EndpointName=name)
        except ClientError as error:
            if code_of(error) not in UNSETTLED:
                raise
    return left


def _until_none(look: Callable[[], Sequence[str]], what: str) -> None:
    end = time.monotonic() + DEADLINE_SECONDS
    while look():
        if time.monotonic() > end:
            raise Refused(
                f"waited {DEADLINE_SECONDS / 60:.0f} min for {what}: look at it, then `./mlops prove --clear`"
            )
        time.sleep(POLL_SECONDS)


def _remove_alarms(platform: Platform, model: Model) -> None:
    """Guard alarms of deployments; those of the stacks have other names."""
    cloudwatch = platform.session.client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{model.endpoint}-v")
    names = [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"] if is_of(model, alarm["AlarmName"])]
    if names:
        cloudwatch.delete_alarms(AlarmNames=names)


def _remove_objects(platform: Platform, model: Model) -> None:
    s3 = platform.session.client("s3")
    by_bucket: dict[str, list[dict[str, str]]] = {}
    for one in holdings.objects(platform, model):
        by_bucket.setdefault(one.bucket, []).append({"Key": one.key, "VersionId": one.version})
    for bucket, objects in by_bucket.items():
        for start in range(0, len(objects), OBJECTS_AT_ONCE):
            batch = {"Objects": objects[start : start + OBJECTS_AT_ONCE], "Quiet": True}
            for refused in s3.delete_objects(Bucket=bucket, Delete=batch).get("Errors", []):
                raise Refused(f"s3://{bucket}/{one_line(refused['Key'])} stays: {refused['Code']}")


def _remove_items(platform: Platform, model: Model) -> None:
    dynamodb, table = platform.session.client("dynamodb"), platform.run_table
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#model = :model",
        ExpressionAttributeNames={"#model": "model"},
        ExpressionAttributeValues={":model": {"S": model.name}},
        ConsistentRead=True,
    )
    for page in pages:
        for item in page["Items"]:
            dynamodb.delete_item(TableName=table, Key={"model": item["model"], "item": item["item"]})


def _remove_table(platform: Platform, model: Model) -> None:
    """The table that the crawler made, if it came so far."""
    glue = platform.session.client("glue")
    try:
        database = glue.get_crawler(Name=model.endpoint)["Crawler"]["DatabaseName"]
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
            for table in page["TableList"]:
                location = table.get("StorageDescriptor", {}).get("Location", "")
                if f"/{model.name}/" in f"{location}/":
                    glue.delete_table(DatabaseName=database, Name=table["Name"])
    except ClientError as error:
        if code_of(error) != "EntityNotFoundException":
            raise

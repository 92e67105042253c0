"""The resources and condition keys that IAM is asked about, from an action and the request's parameters."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from ministack.services import dynamodb, efs, lambda_svc

from rehearsal.emulator import settings

Document = Mapping[str, Any]

GLUE_NAMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "Crawler": ("crawler", ("Name", "CrawlerName")),
    "Job": ("job", ("JobName", "Name")),
    "JobRun": ("job", ("JobName",)),
    "JobRuns": ("job", ("JobName",)),
}
GLUE_CATALOGUE = ("Database", "Databases", "Table", "Tables", "Partition", "Partitions")
BATCH_VERBS = ("BatchCreate", "BatchDelete", "BatchGet", "BatchStop", "BatchUpdate")
VERBS = (*BATCH_VERBS, "Create", "Delete", "Get", "Start", "Stop")
LOG_TAG_ACTIONS = ("logs:TagResource", "logs:UntagResource", "logs:ListTagsForResource")

ITEM_ACTIONS = tuple(f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete"))

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.dynamodb": ("_tables",),
    "ministack.services.efs": ("_mount_targets",),
    "ministack.services.lambda_svc": ("_esms",),
}


def resources(action: str, document: Document) -> list[str]:
    """Every resource that IAM is asked about for this action; empty where ministack's own answer is right."""
    service, _, operation = action.partition(":")
    if service == "glue":
        return _glue(operation, document)
    if service == "events":
        name = document.get("Name") or document.get("Rule")
        bus = str(document.get("EventBusName") or "default").rsplit("/", 1)[-1]
        path = f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}"
        return [_arn("events", path)] if name and operation.endswith(("Rule", "Targets")) else []
    if service == "sqs" and operation.endswith(("MessageMoveTask", "MessageMoveTasks")):
        return [_moved_queue(document)]
    if service == "logs" and document.get("logGroupName") and action not in LOG_TAG_ACTIONS:
        stream = document.get("logStreamName", "")
        return [_arn("logs", f"log-group:{document['logGroupName']}:log-stream:{stream}")]
    if action == "ssm:GetParametersByPath" and document.get("Path"):
        return [_arn("ssm", f"parameter{document['Path'].rstrip('/')}")]
    if action == "sagemaker:ListModelPackages" and document.get("ModelPackageGroupName"):
        return [_arn("sagemaker", f"model-package-group/{document['ModelPackageGroupName']}")]
    if action in ("elasticfilesystem:DescribeMountTargets", "elasticfilesystem:DeleteMountTarget"):
        target = efs._mount_targets.get(str(document.get("MountTargetId", ""))) or document
        return [_arn("elasticfilesystem", f"file-system/{target.get('FileSystemId', '*')}")]
    if service == "cloudwatch":
        names = [document["AlarmName"]] if document.get("AlarmName") else []
        if operation == "DeleteAlarms":
            names = list(document.get("AlarmNames") or [])
        return [_arn("cloudwatch", f"alarm:{name}") for name in names]
    return []


def conditions(action: str, document: Document) -> dict[str, str]:
    """Condition keys of the service that the request carries."""
    if action == "cloudwatch:PutMetricData" and document.get("Namespace"):
        return {"cloudwatch:namespace": str(document["Namespace"])}
    if action in ITEM_ACTIONS:
        return _leading_keys(document)
    if action.startswith("application-autoscaling:"):
        keys = {"service-namespace": "ServiceNamespace", "scalable-dimension": "ScalableDimension"}
        given = {key: document[member] for key, member in keys.items() if document.get(member)}
        return {f"application-autoscaling:{key}": str(value) for key, value in given.items()}
    if action in ("lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"):
        mapping = lambda_svc._esms.get(str(document.get("UUID", "")))
        return {"lambda:FunctionArn": str(mapping["FunctionArn"])} if mapping else {}
    return {}


def _leading_keys(document: Document) -> dict[str, str]:
    """The partition key of the one item that an operation is about."""
    table = dynamodb._tables.get(str(document.get("TableName", "")).rsplit("/", 1)[-1])
    schema = table["KeySchema"] if table else []
    name = next((key["AttributeName"] for key in schema if key["KeyType"] == "HASH"), "")
    value = (document.get("Item") or document.get("Key") or {}).get(name) or {}
    return {"dynamodb:LeadingKeys": str(next(iter(value.values())))} if value else {}


def _glue(operation: str, document: Document) -> list[str]:
    """Objects of the catalogue are asked about with all that holds them; jobs and crawlers by their name."""
    verb = next((known for known in VERBS if operation.startswith(known)), "Update")
    noun = operation.removeprefix(verb)
    if noun in GLUE_NAMES:
        kind, members = GLUE_NAMES[noun]
        name = next((document[member] for member in members if document.get(member)), None)
        return [_arn("glue", f"{kind}/{name}")] if name else ["*"]
    if noun not in GLUE_CATALOGUE:
        return ["*"]
    asked = [_arn("glue", "catalog")]
    database = document.get("DatabaseName") or (document.get("Name") if noun == "Database" else None)
    database = database or (document.get("DatabaseInput") or {}).get("Name")
    if database:
        asked.append(_arn("glue", f"database/{database}"))
    table = document.get("TableName") or (document.get("TableInput") or {}).get("Name")
    table = table or (document.get("Name") if noun == "Table" else "*" if noun == "Tables" else None)
    if database and table:
        asked.append(_arn("glue", f"table/{database}/{table}"))
    return asked


def _moved_queue(document: Document) -> str:
    """The dead-letter queue of a redrive: named by its ARN, or inside the handle of a task."""
    if document.get("SourceArn"):
        return str(document["SourceArn"])
    try:
        return str(json.loads(base64.b64decode(str(document.get("TaskHandle", ""))))["sourceArn"])
    except (ValueError, KeyError, TypeError):
        return "*"


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{settings.region()}:{settings.account_id()}:{resource}"

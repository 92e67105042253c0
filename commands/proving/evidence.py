"""The traces of a journey, as the parts of a recording."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from commands.log_sources import TRAINING_JOBS, TRANSFORM_JOBS, work_of
from commands.logs import glue_groups, lines_of
from commands.platform import Model, Platform
from commands.proving.histories import errors, results, states
from commands.proving.journey import FIRST_RUN, Journey
from commands.proving.recording import Rows
from commands.proving.resources import CREATED_BY_RUNS
from commands.proving.shapes import Vocabulary, merged, shape
from commands.session import Session

CHECKSUM = "Checksum"


def vocabulary(session: Session, stacks: Sequence[str]) -> Vocabulary:
    """Every name that CloudFormation gave, with what it is called in the templates."""
    names: dict[str, str] = {}
    listing = session.client("cloudformation").get_paginator("list_stack_resources")
    for stack in stacks:
        for page in listing.paginate(StackName=stack):
            for resource in page["StackResourceSummaries"]:
                physical = resource.get("PhysicalResourceId", "")
                # A short one, such as a number, would be found in every text.
                if len(physical) > len(session.prefix):
                    names[physical.rsplit(":", 1)[-1]] = resource["LogicalResourceId"]
    return Vocabulary(session.prefix, names)


def of_histories(journey: Journey, histories: Mapping[str, Sequence[Any]]) -> dict[str, Rows]:
    """States, results and errors of every run."""
    visited = {name: states(events) for name, events in histories.items()}
    answered = merged(results(events) for events in histories.values())
    met = {
        f"{name}: {what}": value
        for name, events in histories.items()
        for what, value in errors(journey.runs[name], events).items()
    }
    return {"states": visited | journey.trouble, "results": answered, "errors": met}


def of_uploads(uploads: Sequence[Mapping[str, Any]], content: bytes) -> Rows:
    """The facts that S3 tells of an object, and of the same bytes uploaded once more."""
    if len(uploads) < 2:
        return {}
    first, again = uploads[:2]
    checksums = sorted(name for name in first if name.startswith(CHECKSUM) and name != "ChecksumType")
    return {
        "checksums": checksums,
        "checksum type": first.get("ChecksumType"),
        "checksum of the same bytes": _same(all(first[name] == again.get(name) for name in checksums)),
        "ETag of the same bytes": _same(first["ETag"] == again["ETag"]),
        "ETag is the MD5": first["ETag"].strip('"') == hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "encryption": first.get("ServerSideEncryption"),
        "bucket key": first.get("BucketKeyEnabled"),
        "version": _same(first.get("VersionId") == again.get("VersionId")),
    }


def of_answers(answers: Sequence[Any]) -> Rows:
    """The shape of what the endpoint answers to a row."""
    return {"rows": len(answers), **merged(shape(answer) for answer in answers)}


def of_logs(journey: Journey, events: Sequence[Any], words: Vocabulary) -> Rows:
    """For each state of the first run that gave work to a service, whether `mlops logs` finds lines; and the groups."""
    platform, model, rows = journey.platform, journey.model, dict[str, str]()
    groups = set[str]()
    for work in work_of(events):
        run = journey.runs[FIRST_RUN]
        found = any(True for _ in lines_of(platform.session, run, work, everything=True))
        rows[f"{work.state} ({work.service})"] = "lines" if found else "no line"
        if work.service == "glue":
            groups.update(glue_groups(platform.session, work.name))
    logs = platform.session.client("logs")
    for prefix in ("/aws/sagemaker/", "/aws-glue/", "/aws/vendedlogs/states/", "/aws/lambda/"):
        for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix):
            names = [group["logGroupName"] for group in page["logGroups"]]
            groups.update(name for name in names if _concerns(name, platform, model))
    return rows | {words.plain(name): "found" for name in groups}


def of_tags(session: Session, model: Model, expected: Mapping[str, str], since: datetime) -> Rows:
    """For each kind of resource that runs have created since then, which of the expected tags it lacks."""
    rows: dict[str, str] = {}
    for kind in CREATED_BY_RUNS:
        lacking: set[str] = set()
        found = list(kind.of(session, model, CreationTimeAfter=since))
        for _, arn in found:
            tags = {tag["Key"]: tag["Value"] for tag in session.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]}
            lacking |= {key for key, value in expected.items() if tags.get(key) != value}
        rows[kind.name] = f"lacks {', '.join(sorted(lacking))}" if lacking else "carries all" if found else "none found"
    return rows


def of_cost_tags(session: Session, keys: Sequence[str]) -> Rows:
    """For each tag, whether the bill counts by it."""
    listed = session.client("ce").list_cost_allocation_tags(TagKeys=list(keys), Type="UserDefined")
    known = {tag["TagKey"]: tag["Status"] for tag in listed["CostAllocationTags"]}
    return {key: known.get(key, "not known yet") for key in keys}


def _concerns(group: str, platform: Platform, model: Model) -> bool:
    """Groups of the stage that are not another model's. A group is of the longest name in it: churn, churn-monthly."""
    prefix = re.escape(platform.session.prefix)
    named = [name for name in platform.models if re.search(f"{prefix}-{re.escape(name)}(?![a-z0-9])", group)]
    ours = f"{platform.session.prefix}-" in group or group in (TRAINING_JOBS, TRANSFORM_JOBS)
    return ours and (not named or max(named, key=len) == model.name)


def _same(same: bool) -> str:
    return "the same" if same else "another"

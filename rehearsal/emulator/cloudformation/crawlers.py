"""Glue crawlers and classifiers, made by Glue's own operations and checked against its service model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import glue

from rehearsal.emulator.cloudformation.glue_rules import check_role, check_security_configuration, set_tags
from rehearsal.emulator.cloudformation.models import check_shape
from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    answered,
    register,
)

CRAWLER_PROPERTIES = (
    "Classifiers",
    "Configuration",
    "CrawlerSecurityConfiguration",
    "DatabaseName",
    "Description",
    "LakeFormationConfiguration",
    "Name",
    "RecrawlPolicy",
    "Role",
    "Schedule",
    "SchemaChangePolicy",
    "TablePrefix",
    "Tags",
    "Targets",
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.glue": (
        "_arn",
        "_crawlers",
        "_create_classifier",
        "_create_crawler",
        "_delete_classifier",
        "_delete_crawler",
        "_tags",
        "_update_crawler",
    ),
}


def install() -> None:
    """Register the types."""
    for resource_type in (_crawler(), _classifier()):
        register(resource_type)


def _crawler() -> ResourceType:
    def create(request: Request) -> tuple[str, Attributes]:
        name = request.name("Name")
        data = _crawler_data(name, request.properties)
        answered(glue._create_crawler(data), f"Crawler {name}")
        _complete_crawler(name, data)
        set_tags("crawler", name, request.properties)
        return name, {}

    def update(name: str, _old: Properties, request: Request) -> Attributes:
        data = _crawler_data(name, request.properties)
        answered(glue._update_crawler(data), f"Crawler {name}")
        _complete_crawler(name, data)
        set_tags("crawler", name, request.properties)
        return {}

    def delete(name: str, _properties: Properties) -> None:
        glue._delete_crawler({"Name": name})
        glue._tags.pop(glue._arn("crawler", name), None)

    return ResourceType(
        "AWS::Glue::Crawler",
        CRAWLER_PROPERTIES,
        ("Role", "Targets"),
        create,
        delete,
        update,
        immutable=("Name",),
        name_property="Name",
    )


def _crawler_data(name: str, properties: Properties) -> dict[str, Any]:
    data = {**{key: value for key, value in properties.items() if key != "Tags"}, "Name": name}
    schedule = data.pop("Schedule", None)
    if schedule:
        data["Schedule"] = schedule.get("ScheduleExpression", "")
    check_role(data["Role"])
    check_security_configuration(data.get("CrawlerSecurityConfiguration"))
    check_shape("glue", "CreateCrawler", data)
    return data


def _complete_crawler(name: str, data: Mapping[str, Any]) -> None:
    if "LakeFormationConfiguration" in data:
        glue._crawlers[name]["LakeFormationConfiguration"] = data["LakeFormationConfiguration"]


def _classifier() -> ResourceType:
    kinds = {
        "CsvClassifier": "CsvClassifier",
        "GrokClassifier": "GrokClassifier",
        "JsonClassifier": "JsonClassifier",
        "XMLClassifier": "XMLClassifier",
    }

    def definition(request: Request) -> tuple[str, dict[str, Any]]:
        chosen = [kind for kind in kinds if request.properties.get(kind)]
        if len(chosen) != 1:
            raise ResourceRefused(f"A classifier has exactly one of {', '.join(kinds)}")
        body = dict(request.properties[chosen[0]])
        body["Name"] = body.get("Name") or request.name(None)
        data = {kinds[chosen[0]]: body}
        check_shape("glue", "CreateClassifier", data)
        return body["Name"], data

    def create(request: Request) -> tuple[str, Attributes]:
        name, data = definition(request)
        answered(glue._create_classifier(data), f"Classifier {name}")
        return name, {}

    def update(name: str, _old: Properties, request: Request) -> Attributes:
        declared, data = definition(request)
        if declared != name:
            raise ResourceRefused(f"The name of classifier {name} cannot be changed")
        answered(glue._delete_classifier({"Name": name}), f"Classifier {name}")
        answered(glue._create_classifier(data), f"Classifier {name}")
        return {}

    def delete(name: str, _properties: Properties) -> None:
        glue._delete_classifier({"Name": name})

    return ResourceType("AWS::Glue::Classifier", tuple(kinds), (), create, delete, update)

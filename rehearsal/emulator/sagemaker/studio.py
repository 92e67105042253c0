"""Contents of a Studio domain: user profiles, spaces and apps."""

from __future__ import annotations

from typing import Any

from rehearsal.emulator.sagemaker import roles, tags
from rehearsal.emulator.sagemaker.errors import in_use, validation
from rehearsal.emulator.sagemaker.paging import page, select
from rehearsal.emulator.sagemaker.store import Record, Table, apps, change, domains, lock, spaces, user_profiles


def create_user_profile(parameters: Record) -> Record:
    role = (parameters.get("UserSettings") or {}).get("ExecutionRole")
    if role:
        roles.assume(role)
    return _create(user_profiles, parameters, [parameters["UserProfileName"]], "UserProfileArn")


def update_user_profile(parameters: Record) -> Record:
    profile = _get(user_profiles, parameters, ["UserProfileName"])
    change(profile, UserSettings={**profile.get("UserSettings", {}), **parameters.get("UserSettings", {})})
    return {"UserProfileArn": profile["UserProfileArn"]}


def create_space(parameters: Record) -> Record:
    owner = (parameters.get("OwnershipSettings") or {}).get("OwnerUserProfileName")
    if owner:
        user_profiles.get(f"{parameters['DomainId']}/{owner}")
    return _create(spaces, parameters, [parameters["SpaceName"]], "SpaceArn")


def create_app(parameters: Record) -> Record:
    if ("UserProfileName" in parameters) == ("SpaceName" in parameters):
        raise validation("An app needs either UserProfileName or SpaceName")
    table, owner = (
        (user_profiles, parameters["UserProfileName"])
        if "UserProfileName" in parameters
        else (spaces, parameters["SpaceName"])
    )
    table.get(f"{parameters['DomainId']}/{owner}")
    before = apps.find(_app_name(parameters))
    if before is not None and before["Status"] == "Deleted":
        apps.remove(_app_name(parameters))
    return _create(apps, parameters, _app_name(parameters).split("/")[1:], "AppArn")


def describe_app(parameters: Record) -> Record:
    return apps.get(_app_name(parameters))


def delete_app(parameters: Record) -> Record:
    """A deleted app stays in lists, as Deleted."""
    app = apps.get(_app_name(parameters))
    if app["Status"] == "Deleted":
        raise validation(f"App {app['AppName']} is deleted already")
    change(app, Status="Deleted")
    return {}


def delete_user_profile(parameters: Record) -> Record:
    return _delete(user_profiles, parameters, "UserProfileName")


def delete_space(parameters: Record) -> Record:
    return _delete(spaces, parameters, "SpaceName")


def list_inside(table: Table, member: str, name_key: str, parameters: Record) -> Record:
    """The objects of one domain, or of all."""
    rows = _inside(table, parameters["DomainIdEquals"]) if "DomainIdEquals" in parameters else table.all()
    for wanted, key in (("UserProfileNameEquals", "UserProfileName"), ("SpaceNameEquals", "SpaceName")):
        rows = [row for row in rows if wanted not in parameters or row.get(key) == parameters[wanted]]
    contains = parameters.get(f"{name_key}Contains")
    filters = {**parameters, **({"NameContains": contains} if contains else {})}
    return page(select(rows, filters, name_key=name_key), parameters, member)


def _create(table: Table, parameters: Record, path: list[str], arn_member: str) -> Record:
    domain = domains.get(parameters["DomainId"])
    name = "/".join([domain["DomainId"], *path])
    arn = table.arn(name)
    record = {key: value for key, value in parameters.items() if key != "Tags"}
    table.add(name, {**record, arn_member: arn, "Status": "InService"})
    tags.put(arn, parameters.get("Tags"))
    return {arn_member: arn}


def _get(table: Table, parameters: Record, members: list[str]) -> Record:
    return table.get("/".join([parameters["DomainId"], *(parameters[member] for member in members)]))


def _delete(table: Table, parameters: Record, member: str) -> Record:
    with lock:
        record = _get(table, parameters, [member])
        running = [
            app
            for app in _inside(apps, parameters["DomainId"])
            if app.get(member) == record[member] and app["Status"] != "Deleted"
        ]
        if running:
            raise in_use(f"Unable to delete {member} [{record[member]}] because it has running apps.")
        if member == "UserProfileName" and _owned_spaces(parameters["DomainId"], record[member]):
            raise in_use(f"Unable to delete UserProfile [{record[member]}] because it owns spaces.")
        table.remove(f"{parameters['DomainId']}/{record[member]}")
    return {}


def _owned_spaces(domain_id: str, owner: str) -> list[Record]:
    return [
        space
        for space in _inside(spaces, domain_id)
        if (space.get("OwnershipSettings") or {}).get("OwnerUserProfileName") == owner
    ]


def _inside(table: Table, domain_id: str) -> list[Record]:
    return [record for record in table.all() if record["DomainId"] == domain_id]


def _app_name(parameters: Record) -> str:
    owner = parameters.get("UserProfileName") or parameters.get("SpaceName") or "-"
    return "/".join((parameters["DomainId"], owner, parameters["AppType"], parameters["AppName"]))


def _lister(table: Table, member: str, name_key: str) -> Any:
    return lambda parameters: list_inside(table, member, name_key, parameters)


OPERATIONS = {
    "CreateUserProfile": create_user_profile,
    "DescribeUserProfile": lambda parameters: _get(user_profiles, parameters, ["UserProfileName"]),
    "UpdateUserProfile": update_user_profile,
    "DeleteUserProfile": delete_user_profile,
    "ListUserProfiles": _lister(user_profiles, "UserProfiles", "UserProfileName"),
    "CreateSpace": create_space,
    "DescribeSpace": lambda parameters: _get(spaces, parameters, ["SpaceName"]),
    "DeleteSpace": delete_space,
    "ListSpaces": _lister(spaces, "Spaces", "SpaceName"),
    "CreateApp": create_app,
    "DescribeApp": describe_app,
    "DeleteApp": delete_app,
    "ListApps": _lister(apps, "Apps", "AppName"),
}

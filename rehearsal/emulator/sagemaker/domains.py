"""Studio domains, and what they leave in the VPC."""

from __future__ import annotations

import hashlib
import itertools

from rehearsal.emulator import settings
from rehearsal.emulator.sagemaker import roles, studio_network, tags
from rehearsal.emulator.sagemaker.errors import in_use, validation
from rehearsal.emulator.sagemaker.paging import page, select
from rehearsal.emulator.sagemaker.store import Record, change, domains, lock, spaces, user_profiles

_numbers = itertools.count(1)


def create(parameters: Record) -> Record:
    with lock:
        taken = [domain for domain in domains.all() if domain["DomainName"] == parameters["DomainName"]]
        if taken:
            raise in_use(f"Domain already exists: {taken[0]['DomainArn']}")
        for needed in ("SubnetIds", "VpcId"):
            if needed not in parameters:
                raise validation(f"CreateDomain needs {needed}")
        settings_ = parameters["DefaultUserSettings"]
        if "ExecutionRole" not in settings_:
            raise validation("DefaultUserSettings needs ExecutionRole")
        roles.assume(settings_["ExecutionRole"])
        identifier = _identifier(parameters["DomainName"])
        arn = domains.arn(identifier)
        record = {name: value for name, value in parameters.items() if name != "Tags"}
        left = studio_network.build(identifier, parameters["VpcId"], parameters["SubnetIds"])
        domains.add(
            identifier,
            {
                "AppNetworkAccessType": "PublicInternetOnly",
                **record,
                "DomainId": identifier,
                "DomainArn": arn,
                "Status": "InService",
                "HomeEfsFileSystemId": left.file_system,
                "SecurityGroupIdForDomainBoundary": left.boundary_group,
                "Url": f"https://{identifier}.studio.{settings.region()}.sagemaker.aws",
            },
        )
    tags.put(arn, parameters.get("Tags"))
    return {"DomainArn": arn, "DomainId": identifier, "Url": domains.get(identifier)["Url"]}


def describe(parameters: Record) -> Record:
    return domains.get(parameters["DomainId"])


def update(parameters: Record) -> Record:
    domain = domains.get(parameters["DomainId"])
    changed = {name: value for name, value in parameters.items() if name not in ("DomainId", "DomainSettingsForUpdate")}
    if "DefaultUserSettings" in changed:
        changed["DefaultUserSettings"] = {**domain["DefaultUserSettings"], **changed["DefaultUserSettings"]}
    if "DomainSettingsForUpdate" in parameters:
        changed["DomainSettings"] = {**domain.get("DomainSettings", {}), **parameters["DomainSettingsForUpdate"]}
    change(domain, **changed)
    return {"DomainArn": domain["DomainArn"]}


def delete(parameters: Record) -> Record:
    """The file system stays unless the request says Delete; its security groups always stay, as on AWS."""
    with lock:
        domain = domains.get(parameters["DomainId"])
        for table, noun in ((user_profiles, "UserProfile(s)"), (spaces, "Space(s)")):
            if any(record["DomainId"] == domain["DomainId"] for record in table.all()):
                raise in_use(f"Unable to delete Domain [{domain['DomainId']}] because {noun} are associated with it.")
        if (parameters.get("RetentionPolicy") or {}).get("HomeEfsFileSystem", "Retain") == "Delete":
            studio_network.remove_file_system(domain["HomeEfsFileSystemId"])
        domains.remove(domain["DomainId"])
    tags.forget(domain["DomainArn"])
    return {}


def list_all(parameters: Record) -> Record:
    return page(select(domains.all(), {}, name_key="DomainName"), parameters, "Domains")


def _identifier(domain_name: str) -> str:
    digest = hashlib.sha256(f"{domain_name}/{next(_numbers)}".encode()).hexdigest()
    return f"d-{digest[:12]}"


OPERATIONS = {
    "CreateDomain": create,
    "DescribeDomain": describe,
    "UpdateDomain": update,
    "DeleteDomain": delete,
    "ListDomains": list_all,
}

"""Studio: apps and spaces are made by people, so CloudFormation knows none of them."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.teardown.work import Progress, Work, is_error, pages

GONE = ("Deleted", "Failed")
NFS_GROUPS = ("security-group-for-inbound-nfs-{}", "security-group-for-outbound-nfs-{}")


def delete_apps(work: Work) -> Progress:
    """Apps first: a space or a profile with an app cannot be deleted."""
    domain = work.properties.domain_id
    if not domain:
        return Progress.DONE
    sagemaker = work.client("sagemaker")
    apps = [app for app in pages(sagemaker, "list_apps", "Apps", DomainIdEquals=domain) if app["Status"] not in GONE]
    for app in apps:
        if app["Status"] != "Deleting":
            sagemaker.delete_app(DomainId=domain, AppType=app["AppType"], AppName=app["AppName"], **_owner(app))
    return work.waits_for(f"{len(apps)} Studio apps to be deleted") if apps else Progress.DONE


def _owner(app: Mapping[str, Any]) -> dict[str, str]:
    return {name: app[name] for name in ("SpaceName", "UserProfileName") if app.get(name)}


def delete_spaces(work: Work) -> Progress:
    """Then the spaces."""
    return (
        _delete_all(work, "list_spaces", "Spaces", "SpaceName", "delete_space")
        if (work.properties.domain_id)
        else Progress.DONE
    )


def delete_user_profiles(work: Work) -> Progress:
    """Then the profiles, which hold the domain; a profile deleted here is no error for CloudFormation later."""
    return (
        _delete_all(work, "list_user_profiles", "UserProfiles", "UserProfileName", "delete_user_profile")
        if (work.properties.delete_domain)
        else Progress.DONE
    )


def _delete_all(work: Work, listing: str, key: str, name: str, operation: str) -> Progress:
    domain = work.properties.domain_id
    sagemaker = work.client("sagemaker")
    left = list(pages(sagemaker, listing, key, DomainIdEquals=domain))
    for entry in left:
        if entry["Status"] != "Deleting":
            getattr(sagemaker, operation)(**{"DomainId": domain, name: entry[name]})
    return work.waits_for(f"Studio {key} {', '.join(entry[name] for entry in left)}") if left else Progress.DONE


def unmount_homes(work: Work) -> Progress:
    """Homes that are kept stay in their file system; but its mount targets would hold the subnets and groups."""
    if not (work.properties.delete_domain and work.properties.keep_homes):
        return Progress.DONE
    domain = _domain(work)
    if domain is None:
        return Progress.DONE
    file_systems = work.client("efs")
    home = work.client("sagemaker").describe_domain(DomainId=domain["DomainId"])["HomeEfsFileSystemId"]
    targets = file_systems.describe_mount_targets(FileSystemId=home)["MountTargets"]
    for target in targets:
        if target["LifeCycleState"] == "available":
            file_systems.delete_mount_target(MountTargetId=target["MountTargetId"])
    return work.waits_for(f"{len(targets)} mount targets of {home} to be removed") if targets else Progress.DONE


def delete_domain(work: Work) -> Progress:
    """Only this call can take the domain's file system along; CloudFormation would leave it, and its mounts."""
    if not work.properties.delete_domain:
        return Progress.DONE
    domain = _domain(work)
    if domain is None:
        return Progress.DONE
    if domain["Status"] != "Deleting":
        homes = "Retain" if work.properties.keep_homes else "Delete"
        work.client("sagemaker").delete_domain(
            DomainId=domain["DomainId"], RetentionPolicy={"HomeEfsFileSystem": homes}
        )
    return work.waits_for(f"the Studio domain {domain['DomainId']} to be deleted")


def _domain(work: Work) -> Mapping[str, Any] | None:
    listing = pages(work.client("sagemaker"), "list_domains", "Domains")
    return next((entry for entry in listing if entry["DomainId"] == work.properties.domain_id), None)


def delete_file_system_groups(work: Work) -> Progress:
    """The domain's two security groups name each other, so their rules go before they do."""
    if not work.properties.delete_domain:
        return Progress.DONE
    network = work.client("ec2")
    names = [name.format(work.properties.domain_id) for name in NFS_GROUPS]
    groups = list(
        pages(network, "describe_security_groups", "SecurityGroups", Filters=[{"Name": "group-name", "Values": names}])
    )
    for group in groups:
        _revoke_rules(network, group)
    for group in groups:
        try:
            network.delete_security_group(GroupId=group["GroupId"])
        except ClientError as error:
            if not is_error(error, "DependencyViolation"):
                raise
            return work.waits_for(f"the security group {group['GroupName']} to be free")
    return Progress.DONE


def _revoke_rules(network: Any, group: Mapping[str, Any]) -> None:
    if group.get("IpPermissions"):
        network.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    if group.get("IpPermissionsEgress"):
        network.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])

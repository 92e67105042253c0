"""Contents that keep CloudFormation from deleting their holders: objects, images, network interfaces."""

from typing import Any

from botocore.exceptions import ClientError

from lambda_src.teardown.work import Progress, Work, is_error, pages

IMAGES_AT_ONCE = 100
SHOWN = 5
# Interfaces of functions in the VPC go with the functions, which are deleted only after this resource.
OF_FUNCTIONS = "lambda"


class NotEmptied(Exception):
    """S3 or ECR refused to delete something."""


def empty_buckets(work: Work) -> Progress:
    """One page of versions per call, so that a large bucket cannot outlast the function."""
    s3 = work.client("s3")
    for bucket in work.properties.bucket_names:
        try:
            if _delete_one_page(s3, bucket):
                work.obstacle = f"the bucket {bucket} to be emptied"
                return Progress.AGAIN
            _abort_uploads(s3, bucket)
        except ClientError as error:
            if not is_error(error, "NoSuchBucket"):
                raise
    return Progress.DONE


def _delete_one_page(s3: Any, bucket: str) -> bool:
    page = s3.list_object_versions(Bucket=bucket)
    found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    if not found:
        return False
    objects = [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in found]
    refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors", [])
    if refused:
        first = refused[0]
        raise NotEmptied(f"{len(refused)} objects of {bucket} stay, such as {first.get('Key')}: {first.get('Code')}")
    return True


def _abort_uploads(s3: Any, bucket: str) -> None:
    for upload in pages(s3, "list_multipart_uploads", "Uploads", Bucket=bucket):
        s3.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])


def delete_images(work: Work) -> Progress:
    """A repository with images cannot be deleted."""
    ecr = work.client("ecr")
    for repository in work.properties.repository_names:
        try:
            images = list(pages(ecr, "list_images", "imageIds", repositoryName=repository))
        except ClientError as error:
            if not is_error(error, "RepositoryNotFoundException"):
                raise
            continue
        if images:
            failures = ecr.batch_delete_image(repositoryName=repository, imageIds=images[:IMAGES_AT_ONCE])["failures"]
            # An image that a manifest list names can only go after the list.
            if len(failures) == len(images[:IMAGES_AT_ONCE]):
                return work.waits_for(f"images of {repository}: {failures[0].get('failureReason')}")
            work.obstacle = f"the repository {repository} to be emptied"
            return Progress.AGAIN
    return Progress.DONE


def wait_for_network_interfaces(work: Work) -> Progress:
    """A security group or a subnet with an interface cannot be deleted; SageMaker takes minutes to return them."""
    groups = list(work.properties.security_group_ids)
    if not groups:
        return Progress.DONE
    listing = pages(
        work.client("ec2"),
        "describe_network_interfaces",
        "NetworkInterfaces",
        Filters=[{"Name": "group-id", "Values": groups}],
    )
    left = [entry["NetworkInterfaceId"] for entry in listing if entry.get("InterfaceType") != OF_FUNCTIONS]
    if left:
        return work.waits_for(f"{len(left)} network interfaces to be returned, such as {', '.join(left[:SHOWN])}")
    return Progress.DONE

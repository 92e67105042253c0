"""Contents that keep CloudFormation from deleting their holders: objects, images, network interfaces."""

import json
from typing import Any
from urllib.parse import unquote_plus

from botocore.exceptions import ClientError

from contract.text import one_line, unspeakable
from lambda_src.teardown.work import Progress, Work, is_error, pages

IMAGES_AT_ONCE = 100
SHOWN = 5
# Interfaces of functions in the VPC go with the functions, which are deleted only after this resource.
OF_FUNCTIONS = "lambda"


class NotEmptied(Exception):
    """S3 or ECR refused to delete something."""


NO_MORE_LOGS = "NoMoreAccessLogs"


def stop_log_delivery(work: Work) -> Progress:
    """Access logs come hours after a request and would fill the emptied bucket again: from now on none is let in."""
    s3, log_bucket = work.client("s3"), work.properties.log_bucket_name
    if not log_bucket:
        return Progress.DONE
    try:
        _refuse_logs(s3, log_bucket)
        for bucket in work.properties.bucket_names:
            if bucket != log_bucket:
                s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    except ClientError as error:
        if not is_error(error, "NoSuchBucket"):
            raise
    return Progress.DONE


def _refuse_logs(s3: Any, bucket: str) -> None:
    """Turning logging off takes an hour to be known everywhere; the log bucket's policy is asked at each delivery."""
    policy = _policy(s3, bucket)
    if any(statement.get("Sid") == NO_MORE_LOGS for statement in policy["Statement"]):
        return
    deny = {
        "Sid": NO_MORE_LOGS,
        "Effect": "Deny",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:{s3.meta.partition}:s3:::{bucket}/*",
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({**policy, "Statement": [*policy["Statement"], deny]}))


def _policy(s3: Any, bucket: str) -> dict[str, Any]:
    try:
        return json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if not is_error(error, "NoSuchBucketPolicy"):
            raise
        return {"Version": "2012-10-17", "Statement": []}


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
    # A request for many is XML, which cannot hold every character that a key may have.
    for odd in [entry for entry in objects if unspeakable(entry["Key"])]:
        s3.delete_object(Bucket=bucket, **odd)
        objects.remove(odd)
    if not objects:
        return True
    refused = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors", [])
    if refused:
        key, code = one_line(str(refused[0].get("Key"))), refused[0].get("Code")
        raise NotEmptied(f"{len(refused)} objects of {bucket} stay, such as {key}: {code}")
    return True


def _abort_uploads(s3: Any, bucket: str) -> None:
    for upload in pages(s3, "list_multipart_uploads", "Uploads", Bucket=bucket, EncodingType="url"):
        s3.abort_multipart_upload(Bucket=bucket, Key=unquote_plus(upload["Key"]), UploadId=upload["UploadId"])


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

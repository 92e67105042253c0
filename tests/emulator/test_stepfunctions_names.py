"""The names by which states see services: of resources, fields and errors."""

from __future__ import annotations

import datetime

import pytest

from rehearsal.emulator.stepfunctions import shapes
from rehearsal.emulator.stepfunctions.resources import parse


@pytest.mark.parametrize(
    ("resource", "code", "name"),
    [
        ("sagemaker:createTrainingJob.sync", "ResourceLimitExceeded", "SageMaker.ResourceLimitExceededException"),
        ("sagemaker:createTrainingJob.sync", "ResourceInUse", "SageMaker.ResourceInUseException"),
        ("sagemaker:createTransformJob.sync", "ValidationException", "SageMaker.AmazonSageMakerException"),
        ("sagemaker:createTransformJob.sync", "ThrottlingException", "SageMaker.AmazonSageMakerException"),
        ("aws-sdk:sagemaker:createModel", "ValidationException", "SageMaker.SageMakerException"),
        ("aws-sdk:sagemaker:createModel", "AccessDeniedException", "SageMaker.SageMakerException"),
        ("aws-sdk:sagemaker:createModel", "ResourceLimitExceeded", "SageMaker.ResourceLimitExceededException"),
        ("aws-sdk:sagemaker:deleteModel", "ConflictException", "SageMaker.ConflictException"),
        ("glue:startJobRun.sync", "ConcurrentRunsExceededException", "Glue.ConcurrentRunsExceededException"),
        ("glue:startJobRun.sync", "SomethingElse", "Glue.AWSGlueException"),
        ("aws-sdk:glue:startCrawler", "CrawlerRunningException", "Glue.CrawlerRunningException"),
        ("aws-sdk:glue:getCrawler", "SomethingElse", "Glue.GlueException"),
        ("dynamodb:putItem", "ConditionalCheckFailedException", "DynamoDB.ConditionalCheckFailedException"),
        ("dynamodb:putItem", "AccessDeniedException", "DynamoDB.AmazonDynamoDBException"),
        ("aws-sdk:dynamodb:putItem", "ConditionalCheckFailedException", "DynamoDb.ConditionalCheckFailedException"),
        ("aws-sdk:dynamodb:putItem", "AccessDeniedException", "DynamoDb.DynamoDbException"),
        ("lambda:invoke", "TooManyRequestsException", "Lambda.TooManyRequestsException"),
        ("lambda:invoke", "ServiceException", "Lambda.ServiceException"),
        ("lambda:invoke", "AccessDeniedException", "Lambda.AWSLambdaException"),
        ("aws-sdk:cloudwatch:putMetricAlarm", "LimitExceeded", "CloudWatch.LimitExceededException"),
        (
            "aws-sdk:applicationautoscaling:registerScalableTarget",
            "ValidationException",
            "ApplicationAutoScaling.ValidationException",
        ),
    ],
)
def test_an_error_code_has_the_name_that_catch_knows_on_aws(resource: str, code: str, name: str) -> None:
    assert parse(f"arn:aws:states:::{resource}").error_name(code) == name


@pytest.mark.parametrize(
    ("member", "seen"),
    [
        ("S", "S"),
        ("SS", "Ss"),
        ("BOOL", "Bool"),
        ("NULL", "Nul"),
        ("ETag", "ETag"),
        ("KMSKeyId", "KmsKeyId"),
        ("stateMachineArn", "StateMachineArn"),
        ("VolumeSizeInGB", "VolumeSizeInGB"),
        ("TableName", "TableName"),
    ],
)
def test_sdk_tasks_see_members_as_the_java_sdk_spells_them(member: str, seen: str) -> None:
    assert shapes.sdk_name(member) == seen


def test_an_optimised_dynamodb_task_keeps_the_names_of_the_wire() -> None:
    task = parse("arn:aws:states:::dynamodb:putItem")
    assert not list(shapes.wrong_fields(task, {"TableName": "runs", "Item": {"a": {"BOOL": True}}}))
    assert list(shapes.wrong_fields(task, {"TableName": "runs", "Item": {"a": {"Bool": True}}}))


def test_an_sdk_task_takes_its_fields_in_upper_camel_case_only() -> None:
    task = parse("arn:aws:states:::aws-sdk:sfn:startExecution")
    assert shapes.to_request(task, {"StateMachineArn": "arn", "Name": "n"}) == {"stateMachineArn": "arn", "name": "n"}
    assert list(shapes.wrong_fields(task, {"stateMachineArn": "arn"}))


def test_times_are_texts_in_sdk_tasks_and_numbers_in_optimised_ones() -> None:
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    crawler = parse("arn:aws:states:::aws-sdk:glue:getCrawler")
    seen = shapes.from_response(crawler, {"Crawler": {"LastCrawl": {"StartTime": moment}}, "ResponseMetadata": {}})
    assert seen == {"Crawler": {"LastCrawl": {"StartTime": "2026-01-02T03:04:05Z"}}}
    job = parse("arn:aws:states:::glue:startJobRun")
    assert shapes.from_response(job, {"StartedOn": moment}) == {"StartedOn": int(moment.timestamp() * 1000)}


def test_optimised_tasks_make_text_of_json_where_the_api_takes_text() -> None:
    publish = parse("arn:aws:states:::sns:publish")
    assert shapes.to_request(publish, {"TopicArn": "t", "Message": {"a": 1}})["Message"] == '{"a": 1}'
    put = parse("arn:aws:states:::events:putEvents")
    assert shapes.to_request(put, {"Entries": [{"Detail": {"a": 1}}]})["Entries"][0]["Detail"] == '{"a": 1}'

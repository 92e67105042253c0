"""Answers of the services as AWS gives them, for walks through both machines."""

import json
from typing import Any

from tests.workflow.assembly import ACCOUNT, PREFIX, REGION
from tests.workflow.expressions import RUN
from tests.workflow.walk import ServiceError

NAME = f"{PREFIX}-churn"
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{NAME}/3"
CONFIG = f"{NAME}-v3-{RUN}"
OLD_CONFIG = f"{NAME}-v2-261001000000"


def lambda_answer(**payload: Any) -> dict[str, Any]:
    """The answer of lambda:invoke."""
    return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": payload}


def crawler(
    state: str, status: str | None = None, start: str = "2026-11-23T20:15:07Z", error: str = ""
) -> dict[str, Any]:
    """The answer of GetCrawler."""
    last = {"Status": status, "StartTime": start, **({"ErrorMessage": error} if error else {})} if status else None
    return {"Crawler": {"Name": NAME, "State": state, **({"LastCrawl": last} if last else {})}}


def etl_failure(message: str, state: str = "FAILED") -> ServiceError:
    """The error of glue:startJobRun.sync for a run that did not succeed: the run, as GetJobRun shows it."""
    run = {"ErrorMessage": message, "Id": "jr_1", "JobName": "etl", "JobRunState": state, "Timeout": 60}
    return ServiceError("States.TaskFailed", json.dumps(run, separators=(",", ":")))


def training(**changes: Any) -> dict[str, Any]:
    """A first run that ends in a registered version."""
    return {
        "WriteManifest": lambda_answer(
            contract_uri=f"s3://the-data-bucket/runs/churn/{RUN}/contract.json",
            manifest_uri=f"s3://the-data-bucket/runs/churn/{RUN}/manifest.json",
            new_objects=2,
            objects=3,
        ),
        "GateArrivals": lambda_answer(checked=2, report_uri="s3://r", warnings=[]),
        "StartCrawler": {},
        "GetCrawler": crawler("READY", "SUCCEEDED"),
        "CountWarnings": {},
        "RunEtl": {"JobRunState": "SUCCEEDED"},
        "ValidateData": lambda_answer(
            report_uri="s3://v",
            train_manifest_uri="s3://t",
            validation_manifest_uri="s3://w",
            baseline_uri="s3://b",
            holdout_rows=1,
            training_rows=2,
        ),
        "TrainModel": {"TrainingJobName": "job", "ModelArtifacts": {"S3ModelArtifacts": "s3://m/model.tar.gz"}},
        "CreateCandidateModel": {"ModelArn": "arn"},
        "ScoreHoldout": {"TransformJobStatus": "Completed"},
        "ScoreHoldoutWithChampion": {"TransformJobStatus": "Completed"},
        "GetChampion": {},
        "EvaluateModel": lambda_answer(verdict="promote", reasons=["good"], report_uri="s3://e", metrics={"auc": 0.9}),
        "DeleteCandidateModel": {},
        "StopTraining": {},
        "StopTransform": {},
        "DiscardCandidate": {},
        "RegisterModel": {"ModelPackageArn": PACKAGE},
        "ApproveModel": {"ModelPackageArn": PACKAGE},
        **changes,
    }


CHAMPION = {"Item": {"model_name": {"S": OLD_CONFIG}, "version": {"N": "2"}}}


def endpoint(status: str, config: str = CONFIG, **more: str) -> dict[str, Any]:
    """The answer of DescribeEndpoint."""
    return {"EndpointName": NAME, "EndpointStatus": status, "EndpointConfigName": config, **more}


def endpoints(*found: tuple[str, str]) -> dict[str, Any]:
    """The answer of ListEndpoints."""
    return {"Endpoints": [{"EndpointName": name, "EndpointStatus": status} for name, status in found]}


def serving_variant(instances: int) -> dict[str, Any]:
    """A variant as DescribeEndpoint gives it."""
    return {"VariantName": "AllTraffic", "CurrentInstanceCount": instances, "DesiredInstanceCount": instances}


def scaled(lowest: int, highest: int) -> dict[str, Any]:
    """The answer of DescribeScalableTargets."""
    return {"ScalableTargets": [{"MinCapacity": lowest, "MaxCapacity": highest}]}


def scaling_policy(kind: str = "TargetTrackingScaling") -> dict[str, Any]:
    """A policy as DescribeScalingPolicies gives it."""
    configuration = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    }
    return {
        "PolicyName": f"{NAME}-by-hand",
        "PolicyType": kind,
        "TargetTrackingScalingPolicyConfiguration": configuration,
        "CreationTime": "2026-11-01T00:00:00Z",
        "Alarms": [],
    }


def deployment(**changes: Any) -> dict[str, Any]:
    """A first deployment that holds."""
    return {
        "DescribePackage": {
            "ModelPackageGroupName": NAME,
            "ModelPackageArn": PACKAGE,
            "ModelPackageVersion": 3,
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {"Containers": [{"Image": "image", "ModelDataUrl": "s3://m/model.tar.gz"}]},
            "CustomerMetadataProperties": {"requests_uri": "s3://q", "baseline_uri": "s3://b"},
        },
        "CreateModel": {"ModelArn": "arn"},
        "CreateEndpointConfig": {"EndpointConfigArn": "arn"},
        "PutGuardAlarm": {},
        "PutLatencyGuardAlarm": {},
        "FindEndpoint": endpoints(),
        "CreateEndpoint": {"EndpointArn": "arn"},
        "DeleteFailedEndpoint": {},
        "ReadEndpoint": {**endpoint("InService", OLD_CONFIG), "ProductionVariants": [serving_variant(1)]},
        "ReadServingConfig": {"ProductionVariants": [{"VariantName": "AllTraffic", "InstanceType": "ml.t2.medium"}]},
        "ReadScaling": {"ScalableTargets": []},
        "ReadScalingPolicies": {"ScalingPolicies": [scaling_policy()]},
        "StopScaling": {},
        "UpdateEndpoint": {"EndpointArn": "arn"},
        "SendGoldenRequests": lambda_answer(sent=20, failed=0, errors=[]),
        "DescribeEndpoint": lambda looks: endpoint("InService" if looks else "Updating"),
        "ListGuardAlarms": {"MetricAlarms": []},
        "DeleteGuardAlarms": {},
        "ProveEndpoint": lambda_answer(sent=20, failed=0, errors=[]),
        "RejectPackage": {"ModelPackageArn": PACKAGE},
        "RegisterScalableTarget": {},
        "PutScalingPolicy": {},
        "RecordChampion": {},
        "ListOldConfigs": {"EndpointConfigs": []},
        "DeleteOldConfig": {},
        "ListOldModels": {"Models": []},
        "DeleteOldModel": {},
        "LookAfterFailure": endpoints((NAME, "InService")),
        "ReadAfterFailure": endpoint("InService", OLD_CONFIG),
        "ClearGuardAlarms": {},
        "DeleteFailedConfig": {},
        "DeleteFailedModel": {},
        "RestoreScaling": {},
        "RestoreScalingPolicy": {},
        **changes,
    }

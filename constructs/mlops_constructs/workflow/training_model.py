"""The training machine's middle: a candidate, and its answers (and the champion's) on rows it never saw."""

from typing import Any

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, choice, jsonata, task
from mlops_constructs.workflow.container import JSON_LINES, OFFLINE, SERVING
from mlops_constructs.workflow.names import CONTRACT, MODEL, first_or_numbered, job_name, of_model, of_run, setting
from mlops_constructs.workflow.quota import NO_LOOKS, exceeded, quota_states
from mlops_constructs.workflow.training_clean_up import DISCARD, clean_up_states, timed_out
from mlops_constructs.workflow.training_metrics import DEFINITIONS
from mlops_constructs.workflow.values import Workflow

SCORING = ("ScoreHoldout", "ScoreHoldoutWithChampion")


def model_states(workflow: Workflow) -> States:
    """Training to the answers on the hold-out."""
    return {
        "TrainModel": _train(workflow),
        "CreateCandidateModel": _create_candidate(workflow),
        "ScoreHoldout": score(
            workflow, kind="holdout", who="candidate", model=jsonata("$candidate_model"), next_state="GetChampion"
        ),
        "GetChampion": _get_champion(workflow),
        "HasChampion?": choice(("$has_champion", "ScoreHoldoutWithChampion"), otherwise="EvaluateModel"),
        "ScoreHoldoutWithChampion": score(
            workflow, kind="champion", who="champion", model=jsonata("$champion_model"), next_state="EvaluateModel"
        ),
        **quota_states("TrainModel", *SCORING, give_up=dict.fromkeys(SCORING, DISCARD)),
        **clean_up_states(),
    }


def _train(workflow: Workflow) -> State:
    name = job_name("train")
    return task(
        "sagemaker:createTrainingJob.sync",
        {
            "TrainingJobName": name,
            "RoleArn": workflow.container.training_role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": workflow.container.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": jsonata(f"$lookup({DEFINITIONS}, $settings.problem)"),
            },
            "HyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": f"/opt/ml/input/data/code/{workflow.code_file}",
            },
            "InputDataConfig": [
                _channel("train", "ManifestFile", jsonata("$train_manifest_uri")),
                _channel("validation", "ManifestFile", jsonata("$validation_manifest_uri")),
                _channel("contract", "S3Prefix", CONTRACT),
                _channel("code", "S3Prefix", workflow.code_uri),
            ],
            "OutputDataConfig": {
                "S3OutputPath": of_model(f"s3://{workflow.places.models_bucket}/"),
                "KmsKeyId": workflow.places.key_arn,
            },
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": setting("training_instance_type"),
                "VolumeSizeInGB": setting("training_volume_gib"),
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": jsonata("$settings.training_maximum_runtime_minutes * 60")},
            "VpcConfig": workflow.container.network,
            "EnableNetworkIsolation": True,
            "Environment": OFFLINE,
            "Tags": workflow.tags,
        },
        retry=retries.SAGEMAKER_JOB,
        timeout_seconds=jsonata(
            f"($settings.training_maximum_runtime_minutes + {workflow.training.limits.queue_minutes}) * 60"
        ),
        next_state="CreateCandidateModel",
        assign={
            "training_job": jsonata("$states.result.TrainingJobName"),
            "model_uri": jsonata("$states.result.ModelArtifacts.S3ModelArtifacts"),
            **NO_LOOKS,
        },
        # Its own limit only runs once it has an instance.
        catch_first=[exceeded(), timed_out(name, stop="StopTraining")],
    )


def _channel(name: str, kind: str, uri: str) -> dict[str, Any]:
    source = {"S3DataType": kind, "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _create_candidate(workflow: Workflow) -> State:
    name = first_or_numbered("$name & '-' & $run & '-candidate'")
    return task(
        "aws-sdk:sagemaker:createModel",
        {
            "ModelName": name,
            "ExecutionRoleArn": workflow.container.serving_role_arn,
            "PrimaryContainer": {
                "Image": workflow.container.image,
                "ModelDataUrl": jsonata("$model_uri"),
                "Environment": SERVING,
            },
            "VpcConfig": workflow.container.network,
            "EnableNetworkIsolation": True,
            "Tags": workflow.tags,
        },
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="ScoreHoldout",
        assign={"candidate_model": name},
    )


def score(workflow: Workflow, *, kind: str, who: str, model: str, next_state: str) -> State:
    """Let a model answer the hold-out's features, through the code that will serve it."""
    evaluation = workflow.data("evaluation")
    source = {"S3DataType": "S3Prefix", "S3Uri": of_run(evaluation, "/features/")}
    name = job_name(kind)
    return task(
        "sagemaker:createTransformJob.sync",
        {
            "TransformJobName": name,
            "ModelName": model,
            "BatchStrategy": "MultiRecord",
            "MaxPayloadInMB": 6,
            "MaxConcurrentTransforms": 1,
            # In a batch a bad row must become a record of its own: one 4xx would fail the whole job.
            "Environment": {"PLATFORM_BATCH": "1"},
            "ModelClientConfig": {"InvocationsTimeoutInSeconds": 300, "InvocationsMaxRetries": 1},
            "TransformInput": {
                "DataSource": {"S3DataSource": source},
                "ContentType": JSON_LINES,
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": of_run(evaluation, f"/{who}/"),
                "Accept": JSON_LINES,
                "AssembleWith": "Line",
                "KmsKeyId": workflow.places.key_arn,
            },
            "TransformResources": {"InstanceCount": 1, "InstanceType": setting("transform_instance_type")},
            "Tags": workflow.tags,
        },
        retry=retries.SAGEMAKER_JOB,
        timeout_seconds=(workflow.training.limits.transform_minutes + workflow.training.limits.queue_minutes) * 60,
        next_state=next_state,
        assign=NO_LOOKS,
        catch_first=[exceeded(), timed_out(name, stop="StopTransform")],
        on_error=DISCARD,
    )


def _get_champion(workflow: Workflow) -> State:
    champion_answers = of_run(workflow.data("evaluation"), "/champion/")
    return task(
        "aws-sdk:dynamodb:getItem",
        {
            "TableName": workflow.places.run_table,
            "Key": {"model": {"S": MODEL}, "item": {"S": "champion"}},
            "ConsistentRead": True,
        },
        retry=retries.DYNAMODB,
        timeout_seconds=60,
        next_state="HasChampion?",
        on_error=DISCARD,
        assign={
            "has_champion": jsonata("$exists($states.result.Item)"),
            "champion_model": jsonata("$exists($states.result.Item) ? $states.result.Item.model_name.S : ''"),
            "champion_uri": jsonata(
                f"$exists($states.result.Item) ? {champion_answers.removeprefix('{% ').removesuffix(' %}')} : null"
            ),
        },
    )

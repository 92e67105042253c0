"""The training machine's end: the verdict, and the registry entry of a candidate that earned it."""

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, choice, fail, jsonata, succeed, task
from mlops_constructs.workflow.container import ANSWER_TYPES, CONTENT_TYPES, SERVING
from mlops_constructs.workflow.names import CONTRACT, MODEL, NAME, of_run
from mlops_constructs.workflow.training_clean_up import DISCARD
from mlops_constructs.workflow.training_data import call
from mlops_constructs.workflow.values import Workflow

_REASONS = "$join($reasons, '; ') & ' The whole report: ' & $report_uri"


def verdict_states(workflow: Workflow) -> States:
    """Evaluation to the end of the run."""
    return {
        "EvaluateModel": _evaluate(workflow),
        "DeleteCandidateModel": _delete_candidate(),
        "Verdict?": choice(
            ("$verdict = 'promote'", "RegisterModel"),
            ("$verdict = 'keep' and $has_champion", "ChampionKept"),
            ("$verdict = 'keep'", "GatesMissed"),
            otherwise="NotEnoughData",
        ),
        "RegisterModel": _register(workflow),
        "ApproveAutomatically?": choice(
            (str(workflow.training.approve_automatically).lower(), "ApproveModel"), otherwise="Registered"
        ),
        "ApproveModel": _approve(),
        "Registered": _end(package_arn="$package_arn"),
        "ChampionKept": _end(reasons="$reasons"),
        "GatesMissed": fail("GatesMissed", f"'The candidate missed its gates: ' & {_REASONS}"),
        "NotEnoughData": fail("NotEnoughData", f"'Too few hold-out rows for a verdict: ' & {_REASONS}"),
    }


def _evaluate(workflow: Workflow) -> State:
    evaluation = workflow.data("evaluation")
    return call(
        workflow.functions.evaluate_model,
        {
            "model": MODEL,
            "run": jsonata("$run"),
            "contract_uri": CONTRACT,
            "labels_uri": of_run(evaluation, "/labels/"),
            "candidate_uri": of_run(evaluation, "/candidate/"),
            "champion_uri": jsonata("$champion_uri"),
        },
        seconds=930,
        next_state="DeleteCandidateModel",
        on_error=DISCARD,
        verdict="verdict",
        reasons="reasons",
        report_uri="report_uri",
    )


def _delete_candidate() -> State:
    return task(
        "aws-sdk:sagemaker:deleteModel",
        {"ModelName": jsonata("$candidate_model")},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="Verdict?",
    )


def _register(workflow: Workflow) -> State:
    report = {"ContentType": "application/json", "S3Uri": jsonata("$report_uri")}
    baseline = {"ContentType": "application/json", "S3Uri": jsonata("$baseline_uri")}
    container = {"Image": workflow.container.image, "ModelDataUrl": jsonata("$model_uri"), "Environment": SERVING}
    return task(
        "aws-sdk:sagemaker:createModelPackage",
        {
            "ModelPackageGroupName": NAME,
            "ModelPackageDescription": jsonata("$model & ', run ' & $run"),
            # Never created as approved: the approval is a change of its own, and only that change starts a deployment.
            "ModelApprovalStatus": "PendingManualApproval",
            "ClientToken": jsonata("$model & '-' & $run"),
            "InferenceSpecification": {
                "Containers": [container],
                "SupportedContentTypes": CONTENT_TYPES,
                "SupportedResponseMIMETypes": ANSWER_TYPES,
            },
            "ModelMetrics": {"ModelQuality": {"Statistics": report}, "ModelDataQuality": {"Statistics": baseline}},
            "DriftCheckBaselines": {"ModelDataQuality": {"Statistics": baseline}},
            "CustomerMetadataProperties": _lineage(workflow),
        },
        retry=retries.SAGEMAKER_REGISTRY,
        timeout_seconds=120,
        next_state="ApproveAutomatically?",
        assign={"package_arn": jsonata("$states.result.ModelPackageArn")},
    )


def _lineage(workflow: Workflow) -> dict[str, str]:
    """The origin of the version. Values have at most 256 characters."""
    evaluation = workflow.data("evaluation")
    return {
        "run": jsonata("$run"),
        "execution": jsonata("$states.context.Execution.Name"),
        "training_job": jsonata("$training_job"),
        "manifest_uri": jsonata("$manifest_uri"),
        "contract_uri": CONTRACT,
        "code_uri": workflow.code_uri,
        "baseline_uri": jsonata("$baseline_uri"),
        "validation_report_uri": jsonata("$validation_report_uri"),
        "evaluation_report_uri": jsonata("$report_uri"),
        "requests_uri": of_run(evaluation, "/features/"),
    }


def _approve() -> State:
    return task(
        "aws-sdk:sagemaker:updateModelPackage",
        {
            "ModelPackageArn": jsonata("$package_arn"),
            "ModelApprovalStatus": "Approved",
            "ApprovalDescription": "The gates of its contract are met, and this environment approves by itself",
        },
        retry=retries.SAGEMAKER_REGISTRY,
        timeout_seconds=60,
        next_state="Registered",
    )


def _end(**more: str) -> State:
    told = {"run": "$run", "verdict": "$verdict", "report_uri": "$report_uri", "warnings": "$warnings", **more}
    return succeed({name: jsonata(expression) for name, expression in told.items()})

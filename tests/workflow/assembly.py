"""One synthesized StepFunctions stack of invented models, and a reader of its template."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from config.settings import EndpointConfig, ModelDeployment, StepFunctionsConfig
from mlops_constructs.wildcards import explain_wildcards
from mlops_constructs.workflow.substitutions import as_joined
from stacks.step_functions_stack import StepFunctionsStack

ACCOUNT = "111122223333"
REGION = "eu-west-1"
PREFIX = "mlops-rehearsal"
MODELS = ("churn", "tw-ty-letters-model1")
TAGS = {"platform": PREFIX, "cost-center": "4711"}
# States that remove something after an error, and lead on to the failure whatever comes of it.
CLEAN_UPS = ("StopTraining", "StopTransform", "DiscardCandidate")
FUNCTIONS = ("write_manifest", "gate", "validate_data", "evaluate_model", "golden_requests", "starter", "teardown")
ENDPOINTS = {
    "one": EndpointConfig(),
    "canary": EndpointConfig(
        instance_type="ml.m5.large", instance_count=2, maximum_instance_count=4, traffic_shift="canary"
    ),
    "linear": EndpointConfig(
        instance_type="ml.m5.large", instance_count=2, maximum_instance_count=2, traffic_shift="linear"
    ),
}


def _deployment(name: str, schedule: str | None) -> ModelDeployment:
    return ModelDeployment(
        name=name,
        description="",
        problem="binary",
        separator=",",
        quote='"',
        header=True,
        column_names=("age", "left"),
        official_holdout=False,
        training_instance_type="ml.m5.xlarge",
        training_volume_gib=10,
        training_maximum_runtime_minutes=60,
        transform_instance_type="ml.m5.large",
        serving_instance_type="ml.t2.medium",
        schedule=schedule,
    )


SETTINGS = _deployment(MODELS[0], None).settings()
"""The settings of the first model, as the starter puts them into an input."""


@cache
def template(endpoint: str = "one", approve: bool = False) -> dict[str, Any]:
    """The template of the stack, synthesized once for each variant."""
    with TemporaryDirectory() as folder:
        return _synthesize(
            Path(folder), StepFunctionsConfig(endpoint=ENDPOINTS[endpoint], approve_automatically=approve)
        )


def _synthesize(folder: Path, config: StepFunctionsConfig) -> dict[str, Any]:
    code = folder / "code.tar.gz"
    code.write_bytes(b"code")
    contracts = folder / "contracts.zip"
    contracts.write_bytes(b"contracts")
    app = cdk.App(outdir=str(folder / "out"))
    explain_wildcards(app)
    given = cdk.Stack(app, "given")
    cdk.CfnWaitConditionHandle(given, "Something")
    buckets = {
        name: s3.Bucket.from_bucket_name(given, name, f"the-{name}-bucket") for name in ("data", "models", "artifacts")
    }
    logs = s3.Bucket.from_bucket_name(given, "logs", "the-log-bucket")
    StepFunctionsStack(
        app,
        f"{PREFIX}-step-functions",
        config=config,
        prefix=PREFIX,
        tags_of_runs=TAGS,
        models=[_deployment(MODELS[0], None), _deployment(MODELS[1], "0 3 ? * MON *")],
        data_bucket=buckets["data"],
        models_bucket=buckets["models"],
        artifacts_bucket=buckets["artifacts"],
        encryption_key=kms.Key.from_key_arn(
            given, "key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
        ),
        run_table=dynamodb.Table.from_table_name(given, "table", "the-run-table"),
        etl_job_name=f"{PREFIX}-etl",
        functions={
            name: lambda_.Function.from_function_attributes(
                given,
                name,
                function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{PREFIX}-{name}",
                same_environment=True,
            )
            for name in FUNCTIONS
        },
        training_code=code,
        contracts=contracts,
        training_role_name="training",
        serving_role_name="serving",
        training_machine_role_name="training-machine",
        deployment_machine_role_name="deployment-machine",
        starter_role_name="starter",
        teardown_role_name="teardown",
        subnet_ids=["subnet-1", "subnet-2"],
        security_group_ids=["sg-1"],
        image_accounts={REGION: "444455556666"},
        buckets_to_empty=[*buckets.values(), logs],
        log_bucket_to_close=logs,
        repositories_to_empty=[ecr.Repository.from_repository_name(given, "repository", "the-repository")],
        studio_domain_to_delete="d-1",
    )
    return app.synth().get_stack_by_name(f"{PREFIX}-step-functions").template


def resources(kind: str, found: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """All resources of a type, by logical id."""
    document = found or template()
    return {name: each for name, each in document["Resources"].items() if each["Type"] == kind}


def resolved(value: Any, document: Mapping[str, Any]) -> Any:
    """The value with CloudFormation's functions carried out, as far as this stack uses them."""
    if isinstance(value, list):
        return [resolved(each, document) for each in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(function, argument)] = value.items()
        if function == "Ref":
            return _reference(argument)
        if function in _FUNCTIONS:
            return _FUNCTIONS[function](argument, document)
        if function.startswith("Fn::"):
            raise AssertionError(f"the reader of templates does not know {function}")
    return {key: resolved(each, document) for key, each in value.items()}


def _reference(name: str) -> str:
    pseudo = {"Partition": "aws", "Region": REGION, "AccountId": ACCOUNT, "URLSuffix": "amazonaws.com"}
    return pseudo[name.removeprefix("AWS::")] if name.startswith("AWS::") else f"ref-{name}"


def _attribute(argument: list[str], document: Mapping[str, Any]) -> str:
    name, attribute = argument
    resource = document["Resources"][name]
    if resource["Type"] == "AWS::StepFunctions::StateMachine":
        return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{resource['Properties']['StateMachineName']}"
    if resource["Type"] == "AWS::SSM::Parameter":
        return resolved(resource["Properties"]["Value"], document)
    return f"arn:aws:{resource['Type'].split('::')[1].lower()}:{REGION}:{ACCOUNT}:{name}.{attribute}"


def _substituted(argument: str, _document: Mapping[str, Any]) -> str:
    for name in ("Partition", "Region", "AccountId", "URLSuffix"):
        argument = argument.replace(f"${{AWS::{name}}}", _reference(f"AWS::{name}"))
    return argument


_FUNCTIONS: dict[str, Any] = {
    "Fn::Join": lambda argument, document: argument[0].join(resolved(argument[1], document)),
    "Fn::Sub": _substituted,
    "Fn::GetAtt": _attribute,
    "Fn::FindInMap": lambda argument, document: document["Mappings"][argument[0]][_reference("AWS::Region")][
        argument[2]
    ],
}


@cache
def machines(endpoint: str = "one", approve: bool = False) -> dict[str, dict[str, Any]]:
    """The definitions as AWS would see them, by name of the machine."""
    document = template(endpoint, approve)
    found = resources("AWS::StepFunctions::StateMachine", document).values()
    return {
        each["Properties"]["StateMachineName"]: json.loads(resolved(as_joined(each["Properties"]), document))
        for each in found
    }


def machine(kind: str, endpoint: str = "one", approve: bool = False) -> dict[str, Any]:
    """One machine's definition."""
    return machines(endpoint, approve)[f"{PREFIX}-{kind}"]


def state(kind: str, name: str, endpoint: str = "one") -> dict[str, Any]:
    """One state of a machine."""
    return machine(kind, endpoint=endpoint)["States"][name]


def all_states(definition: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every state, those inside a Map included."""
    found: dict[str, dict[str, Any]] = {}
    for name, each in definition["States"].items():
        found[name] = each
        if "ItemProcessor" in each:
            found |= all_states(each["ItemProcessor"])
    return found


def tasks() -> dict[str, dict[str, Any]]:
    """Every task of both machines, as machine.state."""
    return {
        f"{kind}.{name}": each
        for kind in ("training", "deployment")
        for name, each in all_states(machine(kind)).items()
        if each["Type"] == "Task"
    }


def integration(task: Mapping[str, Any]) -> str:
    """The resource of a task without its ARN."""
    return task["Resource"].removeprefix("arn:aws:states:::")

"""An account made of prepared answers behind real boto3 clients: parameters, paginators and errors are AWS's own."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.response import StreamingBody

from config.artifacts import zipped

Answer = Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]]
REGION, ACCOUNT = "eu-west-1", "123456789012"
PREFIX = "mlops-dev"
MODEL = "churn"
ENDPOINT = f"{PREFIX}-{MODEL}"
START = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
RUN = "261123100000"


class Unprepared(AssertionError):
    """A call that the test has no answer for."""


@dataclass
class Account:
    """Answers by 'service.Operation', and every call that was made."""

    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list[tuple[str, Mapping[str, Any]]])

    def client(self, service: str) -> Any:
        client = boto3.client(
            service, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test", endpoint_url="http://x"
        )
        given: list[Mapping[str, Any]] = []
        client.meta.events.register("provide-client-params", lambda params, **_: given.append(dict(params)))
        client.meta.events.register(
            "before-call", lambda model, **_: self._answer(f"{service}.{model.name}", given.pop()), unique_id="answers"
        )
        return client

    def called(self, name: str) -> list[Mapping[str, Any]]:
        return [params for called, params in self.calls if called == name]

    def _answer(self, name: str, params: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        self.calls.append((name, params))
        if name not in self.answers:
            raise Unprepared(f"{name}({dict(params)})")
        answer = self.answers[name]
        parsed = dict(answer(params) if callable(answer) else answer)
        status = 400 if "Error" in parsed else 200
        if isinstance(parsed.get("Body"), bytes):
            parsed["Body"] = StreamingBody(io.BytesIO(parsed["Body"]), len(parsed["Body"]))
        return AWSResponse("http://x", status, {}, None), {"ResponseMetadata": {"HTTPStatusCode": status}, **parsed}


def refusal(code: str, message: str = "", **more: Any) -> dict[str, Any]:
    """A service's error."""
    return {"Error": {"Code": code, "Message": message}, **more}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def machine(kind: str) -> str:
    return arn("states", f"stateMachine:{PREFIX}-{kind}")


def execution(kind: str, name: str) -> str:
    return machine(kind).replace("stateMachine", "execution") + f":{name}"


def package(version: int) -> str:
    return arn("sagemaker", f"model-package/{ENDPOINT}/{version}")


CONTRACT: Mapping[str, Any] = {
    "contract_version": 1,
    "model": MODEL,
    "problem": "binary",
    "target": "left",
    "positive": "yes",
    "columns": [
        {"name": "age", "type": "integer", "required": True, "minimum": 17},
        {"name": "plan", "type": "text"},
        {"name": "left", "type": "text", "allowed": ["yes", "no"]},
    ],
}
SETTINGS = {"problem": "binary", "serving_instance_type": "ml.t2.medium"}
OUTPUTS: Mapping[str, Mapping[str, str]] = {
    "storage": {
        "DataBucketName": "data",
        "ModelsBucketName": "models",
        "ArtifactsBucketName": "artifacts",
        "RunTableName": "runs",
    },
    "monitoring": {
        "TopicArn": arn("sns", "alerts"),
        "NotifierName": "notifier",
        "NotifierDeadLettersUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/notifier-dead",
    },
    "step-functions": {
        "TrainingMachineArn": machine("training"),
        "DeploymentMachineArn": machine("deployment"),
        "ContractsUri": "s3://assets/contracts.zip",
        "IntakeQueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/intake",
        "IntakeDeadLettersUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/intake-dead",
    },
}


def describe_stacks(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Three deployed stacks; every other name is unknown."""
    known = {
        f"{PREFIX}-{module}": {
            "StackName": f"{PREFIX}-{module}",
            "StackStatus": "CREATE_COMPLETE",
            "CreationTime": START,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        }
        for module, outputs in OUTPUTS.items()
    }
    if "StackName" not in params:
        return {"Stacks": list(known.values())}
    if params["StackName"] not in known:
        return refusal("ValidationError", f"Stack with id {params['StackName']} does not exist")
    return {"Stacks": [known[params["StackName"]]]}


def objects(content: Mapping[str, bytes]) -> dict[str, Answer]:
    """S3 with these objects, by 'bucket/key'."""

    def get(params: Mapping[str, Any]) -> Mapping[str, Any]:
        found = content.get(f"{params['Bucket']}/{params['Key']}")
        return refusal("NoSuchKey", "The specified key does not exist.") if found is None else {"Body": found}

    def listed(params: Mapping[str, Any]) -> Mapping[str, Any]:
        start = f"{params['Bucket']}/{params.get('Prefix', '')}"
        keys = sorted(name.partition("/")[2] for name in content if name.startswith(start))
        return {"Contents": [{"Key": key, "Size": 1} for key in keys], "IsTruncated": False}

    return {"s3.GetObject": get, "s3.ListObjectsV2": listed, "s3.PutObject": {"ETag": '"1"'}}


def deployed(**more: bytes) -> Account:
    """The platform with one model, and objects of the data bucket."""
    held = {
        "assets/contracts.zip": zipped({f"{MODEL}.json": json.dumps(CONTRACT).encode()}),
        **{f"data/{key}": body for key, body in more.items()},
    }
    return Account({"cloudformation.DescribeStacks": describe_stacks, **parameters(MODEL), **objects(held)})


def parameters(*models: str) -> dict[str, Answer]:
    """Parameter Store with the settings of these models."""
    held = [{"Name": f"/{PREFIX}/models/{model}", "Value": json.dumps(SETTINGS)} for model in models]

    def below(params: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"Parameters": [each for each in held if each["Name"].startswith(f"{params['Path']}/")]}

    return {"ssm.GetParametersByPath": below}

"""The world of the SageMaker tests: buckets, roles, a toy model's code, and short ways to common requests."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import tarfile
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, statement, wait_until

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
JOB_SECONDS = 90
PIP_ENVIRONMENT = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
SERVING_ENVIRONMENT = {
    **PIP_ENVIRONMENT,
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
}

TRAIN = """
import json, os, pathlib, shutil, sys, time

arguments = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if arguments.get("--sleep"):
    print("sleeping", flush=True)
    time.sleep(float(arguments["--sleep"]))
if arguments.get("--fail") == "yes":
    pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("my own reason")
    print("PLATFORM_FAILURE {\\"reason\\": \\"asked to\\"}", flush=True)
    sys.exit(3)
channel = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
numbers = [float(line) for file in sorted(channel.rglob("*.csv")) for line in file.read_text().split()]
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
model.joinpath("model.json").write_text(json.dumps({
    "mean": sum(numbers) / len(numbers),
    "files": sorted(str(file.relative_to(channel)) for file in channel.rglob("*.csv")),
    "secrets": sorted(name for name in os.environ if name.startswith("AWS_") and "REGION" not in name),
}))
code = model / "code"
code.mkdir()
shutil.copy(pathlib.Path(__file__).with_name("inference.py"), code)
print(f"validation mean={sum(numbers) / len(numbers)}", flush=True)
"""

INFERENCE = """
import json, os, pathlib

def model_fn(model_dir):
    return json.loads(pathlib.Path(model_dir, "model.json").read_text())

def input_fn(data, content_type):
    text = data.decode() if isinstance(data, bytes) else data
    return [line for line in text.splitlines() if line.strip()]

def predict_fn(lines, model):
    if any("explode" in line for line in lines):
        raise RuntimeError("exploded on request")
    if any("refuse" in line for line in lines):
        return None
    return [json.dumps({"sum": float(json.loads(line)) + model["mean"], "batch": os.environ.get("PLATFORM_BATCH")})
            for line in lines]

def output_fn(answers, accept):
    from sagemaker_containers.beta.framework import worker
    if answers is None:
        return worker.Response(json.dumps({"error": "refused"}), status=400, mimetype="application/json")
    return worker.Response("".join(answer + "\\n" for answer in answers), mimetype=accept)
"""

_numbers = itertools.count(1)


def fresh(word: str) -> str:
    """A name that no other test uses."""
    return f"{word}-{next(_numbers)}"


def archive(files: dict[str, str]) -> bytes:
    """A tar.gz of text files."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def error_of(call: Any, **parameters: Any) -> tuple[str, str]:
    """Code and message of the error that a call gives."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(f"no error, with {parameters}")


@dataclass
class World:
    """Buckets, roles and clients for one test module."""

    emulator: Emulator
    bucket: str
    role: str
    sagemaker: Any = field(init=False)
    runtime: Any = field(init=False)
    s3: Any = field(init=False)

    def __post_init__(self) -> None:
        self.sagemaker = self.emulator.client("sagemaker")
        self.runtime = self.emulator.client("sagemaker-runtime")
        self.s3 = self.emulator.client("s3")

    def guard(self, name: str, endpoint: str, config: str, statistic: str = "Sum", threshold: float = 1) -> str:
        """An alarm of this name on server errors of one configuration of the endpoint."""
        dimensions = {"EndpointName": endpoint, "VariantName": "AllTraffic", "EndpointConfigName": config}
        self.emulator.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            Statistic=statistic,
            Period=60,
            EvaluationPeriods=1,
            Threshold=threshold,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )
        return name

    def put(self, key: str, content: bytes | str) -> str:
        """Upload an object; its URI."""
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def keys(self, prefix: str) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def training_request(self, name: str, **more: Any) -> dict[str, Any]:
        """A training job of the toy model on two small files."""
        self.put("data/train/a.csv", "1\n2\n")
        self.put("data/train/deep/b.csv", "6\n")
        code = self.put("code/sourcedir.tar.gz", archive({"train.py": TRAIN, "inference.py": INFERENCE}))
        request: dict[str, Any] = {
            "TrainingJobName": name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "InputDataConfig": [
                channel("train", f"s3://{self.bucket}/data/train/"),
                channel("code", code),
            ],
            "OutputDataConfig": {"S3OutputPath": f"s3://{self.bucket}/models/churn"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            "HyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "/opt/ml/input/data/code/sourcedir.tar.gz",
            },
            "Environment": PIP_ENVIRONMENT,
            "EnableNetworkIsolation": True,
        }
        hyperparameters = {**request["HyperParameters"], **more.pop("HyperParameters", {})}
        return {**request, "HyperParameters": hyperparameters, **more}

    def train(self, name: str, **more: Any) -> dict[str, Any]:
        """Train and wait for the end, whatever it is."""
        self.sagemaker.create_training_job(**self.training_request(name, **more))
        return self.ended_training(name)

    def ended_training(self, name: str) -> dict[str, Any]:
        def ended() -> Any:
            job = self.sagemaker.describe_training_job(TrainingJobName=name)
            return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

        return wait_until(ended, JOB_SECONDS, f"training job {name} to end")

    def model_data(self, mean: float = 3.0, inference: str = INFERENCE) -> str:
        """A model archive, made by hand where training is not the point."""
        files = {"model.json": json.dumps({"mean": mean}), "code/inference.py": inference}
        return self.put(f"{fresh('handmade')}/model.tar.gz", archive(files))

    def container(self, model_data: str, **environment: str) -> dict[str, Any]:
        variables = {**SERVING_ENVIRONMENT, **environment}
        return {"Image": IMAGE, "ModelDataUrl": model_data, "Environment": variables}

    def model(self, model_data: str, **more: Any) -> str:
        """Create a model; its name."""
        name = fresh("model")
        environment = more.pop("environment", {})
        self.sagemaker.create_model(
            ModelName=name,
            PrimaryContainer=self.container(model_data, **environment),
            ExecutionRoleArn=self.role,
            EnableNetworkIsolation=True,
            **more,
        )
        return name

    def config(self, model_name: str, *, instances: int = 1, instance_type: str = "ml.t2.medium", **more: Any) -> str:
        """Create an endpoint configuration of one variant; its name."""
        name = fresh("config")
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": model_name,
            "InstanceType": instance_type,
            "InitialInstanceCount": instances,
        }
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant], **more)
        return name

    def settled(self, endpoint_name: str) -> dict[str, Any]:
        """The endpoint, once nothing goes on with it."""

        def settled() -> Any:
            endpoint = self.sagemaker.describe_endpoint(EndpointName=endpoint_name)
            busy = ("Creating", "Updating", "RollingBack", "Deleting", "SystemUpdating")
            return None if endpoint["EndpointStatus"] in busy else endpoint

        return wait_until(settled, JOB_SECONDS, f"endpoint {endpoint_name} to settle")

    def endpoint(self, mean: float = 3.0, **more: Any) -> tuple[str, str]:
        """A serving endpoint; its name and its configuration's."""
        config = self.config(self.model(self.model_data(mean)), **more)
        name = fresh("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name, config

    def ask(self, endpoint_name: str, body: str = "1") -> dict[str, Any]:
        answer = self.runtime.invoke_endpoint(
            EndpointName=endpoint_name, Body=body, ContentType="application/jsonlines", Accept="application/jsonlines"
        )
        return json.loads(answer["Body"].read().splitlines()[0])

    def remove(self, endpoint_name: str) -> None:
        """Delete an endpoint and wait until it is gone."""
        self.sagemaker.delete_endpoint(EndpointName=endpoint_name)

        def gone() -> bool:
            listed = self.sagemaker.list_endpoints(NameContains=endpoint_name)["Endpoints"]
            return endpoint_name not in [endpoint["EndpointName"] for endpoint in listed]

        wait_until(gone, JOB_SECONDS, f"endpoint {endpoint_name} to be gone")


def channel(name: str, uri: str, kind: str = "S3Prefix") -> dict[str, Any]:
    source = {"S3DataType": kind, "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def create_world(emulator: Emulator, word: str) -> World:
    """A bucket of its own and a role with what an execution role needs."""
    bucket, role_name = f"{word}-artifacts", f"{word}-execution"
    emulator.client("s3").create_bucket(Bucket=bucket)
    role = emulator.role(role_name, "sagemaker.amazonaws.com", execution_statements(bucket))
    return World(emulator, bucket, role)


def execution_statements(bucket: str) -> list[dict[str, Any]]:
    return [
        statement(["s3:GetObject", "s3:PutObject"], f"arn:aws:s3:::{bucket}/*"),
        statement("s3:ListBucket", f"arn:aws:s3:::{bucket}"),
        statement(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]),
        statement("cloudwatch:DescribeAlarms"),
        statement(
            [
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeSubnets",
                "ec2:DescribeSecurityGroups",
            ]
        ),
    ]

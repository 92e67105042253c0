"""Models: an image, model data and an environment, or an approved package of the registry."""

from __future__ import annotations

from dataclasses import dataclass

from botocore.exceptions import ClientError

from rehearsal.emulator.sagemaker import container, objects, roles, tags
from rehearsal.emulator.sagemaker.errors import unsupported, validation
from rehearsal.emulator.sagemaker.paging import page, select
from rehearsal.emulator.sagemaker.store import Record, models, packages

WITH_PACKAGE = ("Image", "ModelDataUrl", "Environment")


@dataclass(frozen=True)
class Served:
    """The image, model data and environment of a model's container."""

    image: str
    model_data_url: str
    environment: dict[str, str]


def create(parameters: Record) -> Record:
    given = _one_container(parameters)
    if "ExecutionRoleArn" not in parameters:
        raise validation("CreateModel needs ExecutionRoleArn")
    role = roles.assume(parameters["ExecutionRoleArn"])
    served = _served(given)
    container.check_image(served.image)
    _check_model_data(role, served.model_data_url)
    arn = models.arn(parameters["ModelName"])
    record = {name: value for name, value in parameters.items() if name != "Tags"}
    models.add(parameters["ModelName"], {"EnableNetworkIsolation": False, **record, "ModelArn": arn})
    tags.put(arn, parameters.get("Tags"))
    return {"ModelArn": arn}


def describe(parameters: Record) -> Record:
    return models.get(parameters["ModelName"])


def delete(parameters: Record) -> Record:
    """Removes the entry only; a running endpoint keeps what it loaded, as on AWS."""
    record = models.remove(parameters["ModelName"])
    tags.forget(record["ModelArn"])
    return {}


def list_models(parameters: Record) -> Record:
    return page(select(models.all(), parameters, name_key="ModelName"), parameters, "Models")


def served_by(model: Record) -> Served:
    """The container of a model, looked up in the registry when the model names a package."""
    return _served(_one_container(model))


def _one_container(parameters: Record) -> Record:
    containers = parameters.get("Containers") or []
    if "PrimaryContainer" in parameters:
        if containers:
            raise validation("Specify either PrimaryContainer or Containers, not both")
        return parameters["PrimaryContainer"]
    if len(containers) > 1:
        raise unsupported("a pipeline of several containers in one model")
    if not containers:
        raise validation("CreateModel needs PrimaryContainer or Containers")
    return containers[0]


def _served(given: Record) -> Served:
    package_name = given.get("ModelPackageName")
    if package_name is None:
        for needed in ("Image", "ModelDataUrl"):
            if not given.get(needed):
                raise validation(f"The container needs {needed}")
        return Served(given["Image"], given["ModelDataUrl"], dict(given.get("Environment") or {}))
    for member in WITH_PACKAGE:
        if member in given:
            raise unsupported(f"{member} beside ModelPackageName: put it into the package")
    package = packages.get(package_name)
    if package["ModelApprovalStatus"] != "Approved":
        raise validation(
            f"Model package {package['ModelPackageArn']} cannot be used to create a model: its approval status is"
            f" {package['ModelApprovalStatus']}, it must be Approved."
        )
    [packed] = package["InferenceSpecification"]["Containers"]
    return Served(packed["Image"], packed["ModelDataUrl"], dict(packed.get("Environment") or {}))


def _check_model_data(role: roles.Role, url: str) -> None:
    place = objects.place(url)
    try:
        role.client("s3").head_object(Bucket=place.bucket, Key=place.key)
    except ClientError as error:
        raise validation(
            f'Could not access model data at {url}. Please ensure that the role "{role.arn}" exists and that its'
            ' trust relationship policy allows the action "sts:AssumeRole" for the service principal'
            ' "sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object'
            f" is there. ({error})"
        ) from error


OPERATIONS = {"CreateModel": create, "DescribeModel": describe, "DeleteModel": delete, "ListModels": list_models}

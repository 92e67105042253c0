"""Endpoint configurations: variants, their models, and data capture."""

from __future__ import annotations

from rehearsal.emulator.sagemaker import keys, objects, tags
from rehearsal.emulator.sagemaker.errors import validation
from rehearsal.emulator.sagemaker.paging import page, select
from rehearsal.emulator.sagemaker.store import Record, endpoint_configs, endpoints, lock, models


def create(parameters: Record) -> Record:
    names = [variant["VariantName"] for variant in parameters["ProductionVariants"]]
    if len(set(names)) != len(names):
        raise validation("Variant names must be unique within an endpoint configuration")
    for variant in parameters["ProductionVariants"]:
        for needed in ("ModelName", "InstanceType", "InitialInstanceCount"):
            if needed not in variant:
                raise validation(f"Production variant {variant['VariantName']} needs {needed}")
        models.get(variant["ModelName"])
        keys.check_volume_key(parameters.get("KmsKeyId"), variant["InstanceType"])
    capture = parameters.get("DataCaptureConfig")
    if capture:
        objects.place(capture["DestinationS3Uri"])
    arn = endpoint_configs.arn(parameters["EndpointConfigName"])
    record = {name: value for name, value in parameters.items() if name != "Tags"}
    variants = [{"InitialVariantWeight": 1.0, **variant} for variant in parameters["ProductionVariants"]]
    endpoint_configs.add(
        parameters["EndpointConfigName"], {**record, "ProductionVariants": variants, "EndpointConfigArn": arn}
    )
    tags.put(arn, parameters.get("Tags"))
    return {"EndpointConfigArn": arn}


def describe(parameters: Record) -> Record:
    return endpoint_configs.get(parameters["EndpointConfigName"])


def delete(parameters: Record) -> Record:
    """AWS says one must not delete a configuration in use; the rehearsal refuses it, so that the mistake shows."""
    with lock:
        record = endpoint_configs.get(parameters["EndpointConfigName"])
        name = record["EndpointConfigName"]
        for endpoint in endpoints.all():
            if name in (endpoint["EndpointConfigName"], endpoint.get("_next_config")):
                raise validation(
                    f"Cannot delete endpoint configuration {record['EndpointConfigArn']}: endpoint"
                    f" {endpoint['EndpointName']} uses it."
                )
        endpoint_configs.remove(name)
    tags.forget(record["EndpointConfigArn"])
    return {}


def list_configs(parameters: Record) -> Record:
    found = select(endpoint_configs.all(), parameters, name_key="EndpointConfigName")
    return page(found, parameters, "EndpointConfigs")


OPERATIONS = {
    "CreateEndpointConfig": create,
    "DescribeEndpointConfig": describe,
    "DeleteEndpointConfig": delete,
    "ListEndpointConfigs": list_configs,
}

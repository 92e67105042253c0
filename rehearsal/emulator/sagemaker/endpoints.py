"""Endpoints: the interface. How they come up and change is in deployments."""

from __future__ import annotations

import time

from rehearsal.emulator import background
from rehearsal.emulator.sagemaker import deployments, quotas, rollout, scalable_targets, tags
from rehearsal.emulator.sagemaker.errors import validation
from rehearsal.emulator.sagemaker.fleets import Kept, Variant
from rehearsal.emulator.sagemaker.paging import page, select
from rehearsal.emulator.sagemaker.store import Record, change, endpoint_configs, endpoints, lock

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


def create(parameters: Record) -> Record:
    config = endpoint_configs.get(parameters["EndpointConfigName"])
    quotas.check_endpoint(config)
    name = parameters["EndpointName"]
    arn = endpoints.arn(name)
    record = {
        "EndpointName": name,
        "EndpointArn": arn,
        "EndpointConfigName": config["EndpointConfigName"],
        "EndpointStatus": "Creating",
        "_capture": config.get("DataCaptureConfig"),
    }
    endpoint = endpoints.add(name, record)
    tags.put(arn, parameters.get("Tags"))
    background.run(deployments.bring_up, endpoint, config)
    return {"EndpointArn": arn}


def update(parameters: Record) -> Record:
    with lock:
        endpoint = endpoints.get(parameters["EndpointName"])
        config = endpoint_configs.get(parameters["EndpointConfigName"])
        _check_idle(endpoint)
        serving = deployments.traffic[endpoint["EndpointName"]].serving
        deployment = parameters.get("DeploymentConfig")
        _check_variants(deployment, config, [variant.name for variant in serving.variants])
        quotas.check_endpoint(config)
        check_scaling(endpoint["EndpointName"], serving.variants, config)
        kept = kept_properties(parameters)
        carried = carried_over(serving.variants, config, kept)
        plan = rollout.plan(deployment, min(instances for instances, _ in carried.values()))
        capture = endpoint.get("_capture") if "DataCaptureConfig" in kept else config.get("DataCaptureConfig")
        pending = {"EndpointConfigName": config["EndpointConfigName"], "StartTime": time.time()}
        change(
            endpoint,
            LastDeploymentConfig=deployment,
            PendingDeploymentSummary=pending,
            _next_config=config["EndpointConfigName"],
            _capture_before=endpoint.get("_capture"),
            _capture=capture,
            EndpointStatus="Updating",
            FailureReason=None,
        )
    deployments.tell(endpoint)
    background.run(deployments.update, endpoint, config, plan, carried)
    return {"EndpointArn": endpoint["EndpointArn"]}


def update_capacities(parameters: Record) -> Record:
    """Set the number of instances; one server plays them all, so only the numbers change."""
    with lock:
        endpoint = endpoints.get(parameters["EndpointName"])
        _check_idle(endpoint)
        fleet = deployments.traffic[endpoint["EndpointName"]].serving
        for wanted in parameters["DesiredWeightsAndCapacities"]:
            variant = fleet.variant_named(wanted["VariantName"])
            if variant is None:
                raise validation(f"Variant {wanted['VariantName']} is not part of {endpoint['EndpointArn']}.")
            variant.instances = wanted.get("DesiredInstanceCount", variant.instances)
        change(endpoint, ProductionVariants=[variant.summary() for variant in fleet.variants])
    return {"EndpointArn": endpoint["EndpointArn"]}


def describe(parameters: Record) -> Record:
    return endpoints.get(parameters["EndpointName"])


def delete(parameters: Record) -> Record:
    with lock:
        endpoint = endpoints.get(parameters["EndpointName"])
        if endpoint["EndpointStatus"] in BUSY:
            raise validation(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
        for target in scalable_targets.of_endpoint(endpoint["EndpointName"]):
            scalable_targets.remove(target["ResourceId"])
        change(endpoint, EndpointStatus="Deleting")
    deployments.tell(endpoint)
    background.run(deployments.take_down, endpoint)
    return {}


def list_endpoints(parameters: Record) -> Record:
    found = select(endpoints.all(), parameters, name_key="EndpointName", status_key="EndpointStatus")
    return page(found, parameters, "Endpoints")


def _check_idle(endpoint: Record) -> None:
    if endpoint["EndpointStatus"] in BUSY:
        raise validation(f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')
    if endpoint["EndpointStatus"] != "InService":
        raise validation(
            f'Cannot update endpoint "{endpoint["EndpointArn"]}": it is {endpoint["EndpointStatus"]}. Delete it.'
        )


def _check_variants(deployment: Record | None, config: Record, serving: list[str]) -> None:
    wanted = sorted(variant["VariantName"] for variant in config["ProductionVariants"])
    if deployment and wanted != sorted(serving):
        raise validation(
            "A deployment with guardrails needs the same variant names in both configurations:"
            f" {sorted(serving)} serve, {wanted} were given"
        )


def check_scaling(endpoint: str, serving: list[Variant], config: Record) -> None:
    """Autoscaling keeps a variant and its instance type as they are while it scales them (endpoint-scaling-update).

    That the call fails is documented; its words are ours.
    """
    wanted = {given["VariantName"]: given["InstanceType"] for given in config["ProductionVariants"]}
    blocked = [
        variant.name
        for variant in serving
        if scalable_targets.resource_of(endpoint, variant.name) in scalable_targets.targets
        and wanted.get(variant.name) != variant.instance_type
    ]
    if blocked:
        raise validation(
            f'The variant(s) "[{", ".join(blocked)}]" must be deregistered as scalable target(s) with AutoScaling'
            " before they can be removed or have their instance type updated."
        )


def kept_properties(parameters: Record) -> set[str]:
    """The properties of the serving variants that stay."""
    if not parameters.get("RetainAllVariantProperties"):
        return set()
    excluded = parameters.get("ExcludeRetainedVariantProperties") or []
    everything = {"DesiredInstanceCount", "DesiredWeight", "DataCaptureConfig"}
    return everything - {entry["VariantPropertyType"] for entry in excluded}


def carried_over(serving: list[Variant], config: Record, kept: set[str]) -> Kept:
    """Instance count and weight of the new variants: those of the serving ones of the same name, where they stay."""
    carried: Kept = {}
    for given in config["ProductionVariants"]:
        before = next((variant for variant in serving if variant.name == given["VariantName"]), None)
        instances, weight = given["InitialInstanceCount"], given["InitialVariantWeight"]
        if before is not None and "DesiredInstanceCount" in kept:
            instances = before.instances
        if before is not None and "DesiredWeight" in kept:
            weight = before.weight
        carried[given["VariantName"]] = (int(instances), float(weight))
    return carried


OPERATIONS = {
    "CreateEndpoint": create,
    "UpdateEndpoint": update,
    "UpdateEndpointWeightsAndCapacities": update_capacities,
    "DescribeEndpoint": describe,
    "DeleteEndpoint": delete,
    "ListEndpoints": list_endpoints,
}

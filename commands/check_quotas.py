"""Checks of the limits of the account: what a new one lacks most often."""

from collections import defaultdict
from collections.abc import Mapping

from commands.findings import Finding, Patient, ok
from commands.needs import instances_of

QUOTAS = "https://console.aws.amazon.com/servicequotas/home/services/{service}/quotas"
ADDRESSES, NETWORKS = "EC2-VPC Elastic IPs", "VPCs per Region"
SMALL_ACCOUNT_MEMORY_MIB = 3008
NEW_ACCOUNT_CONCURRENCY = 10


def quotas(patient: Patient, service: str) -> Mapping[str, float]:
    """Applied quotas of a service, by name."""
    pages = patient.session.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=service)
    return {quota["QuotaName"]: quota["Value"] for page in pages for quota in page["Quotas"]}


def check_instances(patient: Patient) -> list[Finding]:
    """One job or one endpoint must fit, else nothing works; all of them at once, else some have to wait."""
    applied = quotas(patient, "sagemaker")
    wanted: dict[str, list[int]] = defaultdict(list)
    for model in patient.assembly.models:
        for instances in instances_of(patient.assembly, model):
            wanted[instances.quota].append(instances.count)
    return [_instances(name, counts, applied.get(name)) for name, counts in sorted(wanted.items())]


def _instances(name: str, counts: list[int], applied: float | None) -> Finding:
    one, most = max(counts), sum(counts)
    if "endpoint" in name:
        most += one  # during an update the new fleet stands beside the old one
    way_out = f"ask for {most} at {QUOTAS.format(service='sagemaker')} (an answer may take a day)"
    if applied is None:
        return Finding("quotas", "warning", f"AWS lists no quota '{name}' here", "look whether the type exists here")
    if applied < one:
        return Finding("quotas", "problem", f"{name}: {applied:g}, and {one} is needed", way_out)
    if applied < most:
        text = f"{name}: {applied:g} is enough for one model; {most} for all models at once, an update included"
        return Finding("quotas", "warning", text, way_out)
    return Finding("quotas", "ok", f"{name}: {applied:g}, {most} are needed at most")


def check_functions(patient: Patient) -> list[Finding]:
    limit = patient.session.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    way_out = f"ask for more concurrent executions at {QUOTAS.format(service='lambda')}"
    findings: list[Finding] = []
    if limit < NEW_ACCOUNT_CONCURRENCY:
        findings.append(Finding("functions", "problem", f"only {limit} may run at the same time", way_out))
    elif limit == NEW_ACCOUNT_CONCURRENCY:
        text = f"{limit} may run at the same time, in the whole account: enough for the platform alone"
        findings.append(Finding("functions", "warning", text, way_out))
    largest = max(int(each.properties.get("MemorySize", 128)) for each in patient.assembly.of("AWS::Lambda::Function"))
    if largest > SMALL_ACCOUNT_MEMORY_MIB:
        text = f"a function has {largest} MiB; new accounts allow {SMALL_ACCOUNT_MEMORY_MIB}, and no interface tells"
        findings.append(Finding("functions", "warning", text, "the deployment fails if the account is that small"))
    return findings or ok("functions", f"{limit} may run at the same time; the largest has {largest} MiB")


def check_network(patient: Patient) -> list[Finding]:
    """An address for each NAT gateway, and room for one more network."""
    assembly, ec2 = patient.assembly, patient.session.client("ec2")
    owner = {"Name": "tag:aws:cloudformation:stack-name", "Values": [f"{assembly.prefix}-network"]}
    if ec2.describe_vpcs(Filters=[owner])["Vpcs"]:
        return ok("network", "it is there already")
    used = {
        ADDRESSES: (len(ec2.describe_addresses()["Addresses"]), len(assembly.of("AWS::EC2::EIP"))),
        NETWORKS: (len(ec2.describe_vpcs()["Vpcs"]), len(assembly.of("AWS::EC2::VPC"))),
    }
    applied = {**quotas(patient, "ec2"), **quotas(patient, "vpc")}
    return [_room(name, taken, needed, applied.get(name)) for name, (taken, needed) in used.items()]


def _room(name: str, taken: int, needed: int, applied: float | None) -> Finding:
    if applied is None:
        return Finding("network", "warning", f"AWS lists no quota '{name}' here", "compare by hand")
    text = f"{name}: {taken} of {applied:g} are taken, {needed} more are needed"
    if taken + needed <= applied:
        return Finding("network", "ok", text)
    return Finding("network", "problem", text, f"free some, or ask for more at {QUOTAS.format(service='ec2')}")

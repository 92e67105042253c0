"""The zones that the network would take: a few old ones have no room for what runs in the platform."""

from typing import Any, Final

from commands.findings import Finding, Patient, ok

# Lambda, SageMaker's usual types and Studio refuse subnets there: "subnets contain availability zone Lambda doesn't
# support" (keboola#81). Which zone of an account it is only its id tells: names are dealt anew for each account.
REFUSED: Final = ("use1-az3",)


def check_zones(patient: Patient) -> list[Finding]:
    """CloudFormation takes the first zones by name; the templates cannot know their ids."""
    numbers = [_number(each.properties["AvailabilityZone"]) for each in patient.assembly.of("AWS::EC2::Subnet")]
    if not numbers:
        return ok("zones", "the network is one that exists")
    only = [{"Name": "zone-type", "Values": ["availability-zone"]}, {"Name": "state", "Values": ["available"]}]
    zones = patient.session.client("ec2").describe_availability_zones(Filters=only)["AvailabilityZones"]
    taken = sorted(zones, key=lambda zone: zone["ZoneName"])[: max(numbers) + 1]
    names = ", ".join(f"{zone['ZoneName']} ({zone['ZoneId']})" for zone in taken)
    refused = [zone["ZoneName"] for zone in taken if zone["ZoneId"] in REFUSED]
    if refused:
        text = f"the network would take {names}; Lambda and SageMaker refuse {', '.join(refused)}"
        return [Finding("zones", "problem", text, "make a VPC in other zones and name it in the setting existing_vpc")]
    return ok("zones", f"the network takes {names}")


def _number(zone: Any) -> int:
    """The place in the list of zones, of {"Fn::Select": [place, {"Fn::GetAZs": ""}]}."""
    return int(zone["Fn::Select"][0])

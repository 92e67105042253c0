"""Agreements between the values of the network."""

import ipaddress
import re
from collections.abc import Iterator

from config.mistakes import Mistake
from config.settings import ExistingVpc, NetworkConfig, PlatformConfig


def network_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """Room for the subnets, and a way to AWS."""
    network = config.network
    if network.existing_vpc is not None:
        yield from _existing_vpc(network, network.existing_vpc)
        return
    # Public subnets have 256 addresses each and come first, private ones have 4,096 each.
    needed = 4096 * (network.availability_zones + 1)
    try:
        addresses = ipaddress.IPv4Network(network.cidr)
    except ValueError:
        addresses = None
    if addresses is None or addresses.prefixlen < 16 or addresses.num_addresses < needed:
        smallest = 32 - (needed - 1).bit_length()
        allowed = f"a network such as 10.0.0.0/16, of size /16 to /{smallest}"
        yield Mistake("network.cidr", f"is {network.cidr!r}", allowed)
    if network.nat_gateways > network.availability_zones:
        most = f"0 to availability_zones, {network.availability_zones}"
        yield Mistake("network.nat_gateways", f"is {network.nat_gateways}", most)
    if network.nat_gateways == 0 and not network.interface_endpoints:
        said = "is 0 without interface_endpoints, so nothing in the VPC reaches AWS"
        yield Mistake("network.nat_gateways", said, "1 or more, or interface_endpoints = True")


def _existing_vpc(network: NetworkConfig, vpc: ExistingVpc) -> Iterator[Mistake]:
    where, subnets, zones = "network.existing_vpc", vpc.private_subnet_ids, vpc.availability_zones
    default = NetworkConfig()
    for key in ("cidr", "availability_zones", "nat_gateways"):
        if (value := getattr(network, key)) != getattr(default, key):
            yield Mistake(f"network.{key}", f"is {value!r} beside existing_vpc", "one of the two")
    if not re.fullmatch(r"vpc-[0-9a-f]{8,17}", vpc.vpc_id):
        yield Mistake(f"{where}.vpc_id", f"is {vpc.vpc_id!r}", "an id such as 'vpc-0123456789abcdef0'")
    for subnet in subnets:
        if not re.fullmatch(r"subnet-[0-9a-f]{8,17}", subnet):
            yield Mistake(f"{where}.private_subnet_ids", f"has {subnet!r}", "ids such as 'subnet-0123456789abcdef0'")
    if len(set(subnets)) < 2 or len(set(subnets)) < len(subnets):
        yield Mistake(f"{where}.private_subnet_ids", f"is {subnets!r}", "two or more different subnets")
    elif len(zones) != len(subnets) or len(set(zones)) < 2:
        said = f"is {zones!r} for {len(subnets)} subnets"
        yield Mistake(f"{where}.availability_zones", said, "the zone of each subnet, and two different ones at least")

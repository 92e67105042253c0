"""The network: nothing reaches in, and what goes out is written down. Other networks stand in test_variants.py."""

from tests.synth import assembly


def test_two_zones_have_a_public_and_a_private_subnet_each_and_share_one_nat_gateway() -> None:
    dev = assembly("dev")

    assert len(dev.resources("AWS::EC2::Subnet")) == 4
    assert len(dev.resources("AWS::EC2::NatGateway")) == 1
    assert len(assembly("prod").resources("AWS::EC2::NatGateway")) == 1


def test_no_subnet_gives_public_addresses_away() -> None:
    subnets = assembly("prod").resources("AWS::EC2::Subnet")

    assert {subnet.properties["MapPublicIpOnLaunch"] for subnet in subnets} == {False}


def test_all_traffic_is_logged() -> None:
    [flow_log] = assembly("prod").resources("AWS::EC2::FlowLog")

    assert flow_log.properties["TrafficType"] == "ALL"
    assert flow_log.properties["ResourceType"] == "VPC"


def test_s3_and_dynamodb_are_reached_without_the_nat_gateway() -> None:
    endpoints = assembly("prod").resources("AWS::EC2::VPCEndpoint")
    services = {str(endpoint.properties["ServiceName"]).rpartition(".")[2].strip("']}") for endpoint in endpoints}

    assert {endpoint.properties["VpcEndpointType"] for endpoint in endpoints} == {"Gateway"}
    assert services == {"s3", "dynamodb"}


def test_nobody_outside_a_group_reaches_into_it() -> None:
    groups = assembly("prod").resources("AWS::EC2::SecurityGroup")
    [ingress] = assembly("prod").resources("AWS::EC2::SecurityGroupIngress")

    assert len(groups) == 2
    assert not [group.logical_id for group in groups if "SecurityGroupIngress" in group.properties]
    assert ingress.properties["SourceSecurityGroupId"] == ingress.properties["GroupId"]


def test_groups_let_out_only_https_to_the_world() -> None:
    for group in assembly("prod").resources("AWS::EC2::SecurityGroup"):
        [rule] = group.properties["SecurityGroupEgress"]
        assert (rule["FromPort"], rule["ToPort"], rule["CidrIp"]) == (443, 443, "0.0.0.0/0")

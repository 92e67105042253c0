"""A VPC whose private subnets reach AWS and, through a NAT gateway, the internet; nothing reaches in."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Annotations, Fn
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from mlops_constructs import statements
from mlops_constructs.log_group import log_group

HTTPS: Final = 443
# Studio's servers talk to their kernels inside the group.
STUDIO_PORTS: Final = ec2.Port.tcp_range(8192, 65535)
ENDPOINTS: Final = {
    "SageMakerApi": ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_API,
    "SageMakerRuntime": ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_RUNTIME,
    "SageMakerStudio": ec2.InterfaceVpcEndpointAwsService.SAGEMAKER_STUDIO,
    "StepFunctions": ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
    "Sns": ec2.InterfaceVpcEndpointAwsService.SNS,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "Glue": ec2.InterfaceVpcEndpointAwsService.GLUE,
    "Kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Monitoring": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "Sts": ec2.InterfaceVpcEndpointAwsService.STS,
}


class PrivateNetwork(Construct):
    """Public and private subnets, flow logs and gateway endpoints. Without a NAT gateway there is no public subnet."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cidr: str,
        availability_zones: int,
        nat_gateways: int,
        flow_log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            # Named by their number: of a region that it does not know, CDK would take two at most.
            availability_zones=[Fn.select(number, Fn.get_azs()) for number in range(availability_zones)],
            nat_gateways=nat_gateways,
            # Nothing uses the default group, and emptying it would take a custom resource.
            restrict_default_security_group=False,
            subnet_configuration=_subnets(nat_gateways),
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        self._keep_flow_logs(flow_log_retention_days)

    def _keep_flow_logs(self, retention_days: int) -> None:
        logs = log_group(self, "FlowLogs", retention_days=retention_days)
        role = iam.Role(
            self,
            "FlowLogsRole",
            description="Writes the VPC's flow logs",
            assumed_by=statements.service("vpc-flow-logs"),
        ).without_policy_updates()
        permissions = iam.Policy(
            self,
            "FlowLogsPermissions",
            roles=[role],
            statements=[
                statements.write_log_group(logs.log_group_arn),
                statements.allow(["logs:DescribeLogStreams"], logs.log_group_arn),
            ],
        )
        flow_log = ec2.FlowLog(
            self,
            "FlowLog",
            resource_type=ec2.FlowLogResourceType.from_vpc(self.vpc),
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(logs, role),
        )
        flow_log.node.add_dependency(permissions)


def _subnets(nat_gateways: int) -> list[ec2.SubnetConfiguration]:
    """The public ones keep their addresses when they are not made, so that the private ones never move."""
    private = ec2.SubnetType.PRIVATE_WITH_EGRESS if nat_gateways else ec2.SubnetType.PRIVATE_ISOLATED
    return [
        ec2.SubnetConfiguration(
            name="public",
            subnet_type=ec2.SubnetType.PUBLIC,
            cidr_mask=24,
            map_public_ip_on_launch=False,
            reserved=nat_gateways == 0,
        ),
        ec2.SubnetConfiguration(name="private", subnet_type=private, cidr_mask=20),
    ]


def existing_network(
    scope: Construct,
    construct_id: str,
    *,
    vpc_id: str,
    private_subnet_ids: Sequence[str],
    availability_zones: Sequence[str],
) -> ec2.IVpc:
    """A VPC known by its ids alone: a look-up would need credentials."""
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        construct_id,
        vpc_id=vpc_id,
        availability_zones=list(availability_zones),
        private_subnet_ids=list(private_subnet_ids),
        private_subnet_names=[str(statements.private_subnets().subnet_group_name)],
    )
    Annotations.of(vpc).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId", "no route of ours is added to it")
    return vpc


def interface_endpoints(
    scope: Construct, construct_id: str, vpc: ec2.IVpc, visitors: Sequence[ec2.ISecurityGroup]
) -> None:
    """A door to each service that is called from the VPC, open to some groups only."""
    doors = Construct(scope, construct_id)
    group = ec2.SecurityGroup(
        doors, "Group", vpc=vpc, description="Interface endpoints of AWS services", allow_all_outbound=False
    )
    for visitor in visitors:
        group.add_ingress_rule(visitor, ec2.Port.tcp(HTTPS), "Functions, jobs, endpoints and Studio")
    for name, service in ENDPOINTS.items():
        ec2.InterfaceVpcEndpoint(
            doors,
            name,
            vpc=vpc,
            service=service,
            subnets=statements.private_subnets(),
            security_groups=[group],
            private_dns_enabled=True,
            open=False,
        )


def function_security_group(scope: Construct, construct_id: str, vpc: ec2.IVpc) -> ec2.SecurityGroup:
    """Functions call AWS and are called by nobody through the network."""
    group = ec2.SecurityGroup(
        scope, construct_id, vpc=vpc, description="Functions of the platform", allow_all_outbound=False
    )
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "AWS services")
    return group


def sagemaker_security_group(scope: Construct, construct_id: str, vpc: ec2.IVpc) -> ec2.SecurityGroup:
    """Jobs, endpoints and Studio call AWS; Studio's parts also call each other."""
    group = ec2.SecurityGroup(
        scope, construct_id, vpc=vpc, description="Jobs, endpoints and Studio", allow_all_outbound=False
    )
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "AWS services")
    group.add_ingress_rule(group, STUDIO_PORTS, "Studio's servers and kernels")
    group.add_egress_rule(group, STUDIO_PORTS, "Studio's servers and kernels")
    return group

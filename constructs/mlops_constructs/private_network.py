"""A VPC whose private subnets reach AWS and, through a NAT gateway, the internet; nothing reaches in."""

from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from mlops_constructs import statements
from mlops_constructs.acknowledgements import acknowledge
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
    """Public and private subnets, flow logs, gateway endpoints and, if wanted, interface endpoints."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cidr: str,
        availability_zones: int,
        nat_gateways: int,
        interface_endpoints: bool,
        flow_log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        private = ec2.SubnetType.PRIVATE_WITH_EGRESS if nat_gateways else ec2.SubnetType.PRIVATE_ISOLATED
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            max_azs=availability_zones,
            nat_gateways=nat_gateways,
            # Nothing uses the default group, and emptying it would take a custom resource.
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False
                ),
                ec2.SubnetConfiguration(name="private", subnet_type=private, cidr_mask=20),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        self._keep_flow_logs(flow_log_retention_days)
        if interface_endpoints:
            self._open_interface_endpoints()

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

    def _open_interface_endpoints(self) -> None:
        for name, service in ENDPOINTS.items():
            endpoint = self.vpc.add_interface_endpoint(
                name, service=service, subnets=statements.private_subnets(), private_dns_enabled=True
            )
            acknowledge(
                endpoint,
                "AwsSolutions-EC23",
                "the group admits the VPC's own range, whose value is known only when it is deployed",
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

"""The network: one VPC, its endpoints to AWS, and the security groups that say who may talk to whom."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.settings import ExistingVpc, NetworkConfig
from mlops_constructs import references
from mlops_constructs.private_network import (
    PrivateNetwork,
    existing_network,
    function_security_group,
    interface_endpoints,
    sagemaker_security_group,
)
from mlops_constructs.statements import private_subnets


class NetworkStack(Stack):
    """Knows nothing of what will run in it."""

    def __init__(self, scope: Construct, construct_id: str, *, config: NetworkConfig, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        self.vpc = self._existing(config.existing_vpc) if config.existing_vpc else self._own(config)
        # Made here and not where they are used: a group can never change its VPC.
        self.function_security_group: ec2.ISecurityGroup = function_security_group(self, "Functions", self.vpc)
        self.sagemaker_security_group: ec2.ISecurityGroup = sagemaker_security_group(self, "SageMaker", self.vpc)
        references.hold(self.function_security_group, self.sagemaker_security_group)

        if config.interface_endpoints:
            visitors = [self.function_security_group, self.sagemaker_security_group]
            interface_endpoints(self, "InterfaceEndpoints", self.vpc, visitors)

        CfnOutput(self, "VpcId", value=self.vpc.vpc_id)

    def _own(self, config: NetworkConfig) -> ec2.IVpc:
        vpc = PrivateNetwork(
            self,
            "Network",
            cidr=config.cidr,
            availability_zones=config.availability_zones,
            nat_gateways=config.nat_gateways,
            flow_log_retention_days=config.log_retention_days,
        ).vpc
        references.hold(vpc, *vpc.select_subnets(subnet_group_name=private_subnets().subnet_group_name).subnets)
        return vpc

    def _existing(self, vpc: ExistingVpc) -> ec2.IVpc:
        return existing_network(
            self,
            "ExistingVpc",
            vpc_id=vpc.vpc_id,
            private_subnet_ids=vpc.private_subnet_ids,
            availability_zones=vpc.availability_zones,
        )

"""Where everything runs: one VPC, its doors to AWS, and who may talk to whom."""

from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from config.settings import NetworkConfig
from mlops_constructs.private_network import PrivateNetwork, function_security_group, sagemaker_security_group


class NetworkStack(Stack):
    """Knows nothing of what will run in it."""

    def __init__(self, scope: Construct, construct_id: str, *, config: NetworkConfig, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)

        network = PrivateNetwork(
            self,
            "Network",
            cidr=config.cidr,
            availability_zones=config.availability_zones,
            nat_gateways=config.nat_gateways,
            interface_endpoints=config.interface_endpoints,
            flow_log_retention_days=config.log_retention_days,
        )
        self.vpc: ec2.IVpc = network.vpc
        # Made here and not where they are used: a group's VPC can never change, and a weak reference must not feed it.
        self.function_security_group: ec2.ISecurityGroup = function_security_group(self, "Functions", network.vpc)
        self.sagemaker_security_group: ec2.ISecurityGroup = sagemaker_security_group(self, "SageMaker", network.vpc)

        CfnOutput(self, "VpcId", value=network.vpc.vpc_id)

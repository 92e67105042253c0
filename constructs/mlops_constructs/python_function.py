"""A Lambda function made from one package of the repository, with everything that running it takes."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from mlops_constructs import statements
from mlops_constructs.acknowledgements import acknowledge
from mlops_constructs.function_bundle import FunctionBundle
from mlops_constructs.log_group import log_group

_RUNTIMES: Final = {
    "3.11": lambda_.Runtime.PYTHON_3_11,
    "3.12": lambda_.Runtime.PYTHON_3_12,
    "3.13": lambda_.Runtime.PYTHON_3_13,
}
_ARCHITECTURES: Final = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}


class PythonFunction(Construct):
    """Function, log group and permissions. What nobody waits for is given a queue for what it could not do.

    The role comes from outside and is given here, in this stack, all that the function needs to run; `duties` is
    what it needs for its work. The role must refuse updates: CDK's own would stand in a policy that the function does
    not wait for.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        description: str,
        bundle: FunctionBundle,
        cpu: str,
        role: iam.IRole,
        duties: Sequence[iam.PolicyStatement],
        environment: Mapping[str, str],
        memory_mib: int,
        timeout_seconds: int,
        log_retention_days: int,
        encryption_key: kms.IKey,
        vpc: ec2.IVpc | None = None,
        security_group: ec2.ISecurityGroup | None = None,
        dead_letters: sqs.IQueue | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        logs = log_group(self, "Logs", retention_days=log_retention_days, encryption_key=encryption_key)
        permissions = iam.Policy(
            self,
            # Its name must differ from that of any policy which another stack gives the same role.
            "FunctionPermissions",
            roles=[role],
            statements=[
                statements.write_log_group(logs.log_group_arn),
                statements.trace(),
                *([statements.attach_function_to_network()] if vpc else []),
                *([statements.allow(["sqs:SendMessage"], dead_letters.queue_arn)] if dead_letters else []),
                *duties,
            ],
        )
        function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=_RUNTIMES[bundle.target.python_version],
            architecture=_ARCHITECTURES[cpu],
            handler=f"{bundle.function.replace('/', '.')}.handler.handle",
            code=bundle.code(),
            role=role,
            environment=dict(environment),
            memory_size=memory_mib,
            timeout=Duration.seconds(timeout_seconds),
            log_group=logs,
            tracing=lambda_.Tracing.ACTIVE,
            dead_letter_queue=dead_letters,
            vpc=vpc,
            vpc_subnets=statements.private_subnets() if vpc else None,
            security_groups=[security_group] if security_group else None,
        )
        self.function = cast(lambda_.IFunction, function)
        # Lambda tries the role on interfaces and queues while it creates the function.
        function.node.add_dependency(permissions)
        acknowledge(
            function,
            "AwsSolutions-L1",
            "bundles are built and tested for this Python version, which is a value of the environment",
        )

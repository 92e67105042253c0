"""Functions that share a platform, an environment, a network and a way of being watched."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from mlops_constructs.function_bundle import FunctionBundle, Target
from mlops_constructs.metrics import NAMESPACE
from mlops_constructs.python_function import PythonFunction

# Beside the function's own package: what functions share, and the data contract as code.
SHARED: Final = ("lambda_src/common", "contract")


class FunctionFamily:
    """Makes the functions of one stack."""

    def __init__(
        self,
        scope: Construct,
        *,
        source: Path,
        store: Path,
        target: Target,
        cpu: str,
        stage: str,
        environment: Mapping[str, str],
        log_retention_days: int,
        encryption_key: kms.IKey,
        roles: Mapping[str, iam.IRole],
        vpc: ec2.IVpc | None = None,
        security_group: ec2.ISecurityGroup | None = None,
    ) -> None:
        self._scope, self._source, self._store, self._target, self._cpu = scope, source, store, target, cpu
        self._environment = {"STAGE": stage, "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE, **environment}
        self._log_retention_days, self._encryption_key, self._roles = log_retention_days, encryption_key, roles
        self._vpc, self._security_group = vpc, security_group

    def inside_network(
        self,
        name: str,
        description: str,
        duties: Sequence[iam.PolicyStatement],
        *,
        memory_mib: int,
        timeout_seconds: int,
    ) -> lambda_.IFunction:
        """A function in the private subnets, that a state machine calls and waits for."""
        return self._function(
            name,
            description,
            duties,
            memory_mib=memory_mib,
            timeout_seconds=timeout_seconds,
            vpc=self._vpc,
            security_group=self._security_group,
        )

    def outside_network(
        self,
        name: str,
        description: str,
        duties: Sequence[iam.PolicyStatement],
        *,
        memory_mib: int,
        timeout_seconds: int,
    ) -> lambda_.IFunction:
        """A function that only calls AWS."""
        return self._function(name, description, duties, memory_mib=memory_mib, timeout_seconds=timeout_seconds)

    def asynchronous(
        self,
        name: str,
        description: str,
        duties: Sequence[iam.PolicyStatement],
        *,
        memory_mib: int,
        timeout_seconds: int,
        dead_letters: sqs.IQueue,
    ) -> lambda_.IFunction:
        """A function that nobody waits for: what it could not do ends in a queue."""
        return self._function(
            name,
            description,
            duties,
            memory_mib=memory_mib,
            timeout_seconds=timeout_seconds,
            dead_letters=dead_letters,
        )

    def _function(
        self,
        name: str,
        description: str,
        duties: Sequence[iam.PolicyStatement],
        *,
        memory_mib: int,
        timeout_seconds: int,
        dead_letters: sqs.IQueue | None = None,
        vpc: ec2.IVpc | None = None,
        security_group: ec2.ISecurityGroup | None = None,
    ) -> lambda_.IFunction:
        return PythonFunction(
            self._scope,
            "".join(part.capitalize() for part in name.split("_")),
            description=description,
            bundle=FunctionBundle(
                root=self._source,
                function=f"lambda_src/{name}",
                folders=SHARED,
                store=self._store,
                target=self._target,
            ),
            cpu=self._cpu,
            role=self._roles[name],
            duties=duties,
            environment={**self._environment, "POWERTOOLS_SERVICE_NAME": name},
            memory_mib=memory_mib,
            timeout_seconds=timeout_seconds,
            log_retention_days=self._log_retention_days,
            encryption_key=self._encryption_key,
            dead_letters=dead_letters,
            vpc=vpc,
            security_group=security_group,
        ).function

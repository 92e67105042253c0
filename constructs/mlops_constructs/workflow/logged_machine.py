"""A state machine that logs everything, is traced, and exists only after its role may log."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mlops_constructs.log_group import log_group
from mlops_constructs.statements import arn
from mlops_constructs.workflow.substitutions import with_substitutions


class LoggedMachine(Construct):
    """One standard state machine from its definition."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        definition: Mapping[str, Any],
        role: iam.IRole,
        permissions: iam.Policy,
        encryption_key: kms.IKey,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        text, values = with_substitutions(Stack.of(self), definition)
        log = log_group(
            self,
            "Log",
            # Only under this prefix does Step Functions not add to a resource policy that has a size limit.
            name=f"/aws/vendedlogs/states/{name}",
            retention_days=log_retention_days,
            encryption_key=encryption_key,
        )
        machine = sfn.CfnStateMachine(
            self,
            "Machine",
            state_machine_name=name,
            role_arn=role.role_arn,
            definition_string=text,
            definition_substitutions=values,
            logging_configuration=sfn.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=True,
                destinations=[
                    sfn.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=sfn.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=log.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=sfn.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        # The linter takes a placeholder of the partition for a wrong ARN (E3601).
        machine.add_metadata("cfn-lint", {"config": {"ignore_checks": ["E3601"]}})
        # Step Functions tries the role on the log group while it creates the machine.
        machine.node.add_dependency(permissions)
        self.arn = machine.attr_arn
        # For other stacks: what has a name needs no reference, which orders nothing then.
        self.arn_by_name = arn("states", f"stateMachine:{name}")

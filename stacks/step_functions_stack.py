"""The order of the work: the two state machines, what starts them, and what cleans up behind them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.images import XGBOOST_REPOSITORY, XGBOOST_TAG
from config.settings import ModelDeployment, StepFunctionsConfig
from mlops_constructs.references import look_up_once
from mlops_constructs.workflow import tuning, values
from mlops_constructs.workflow.intake import Intake
from mlops_constructs.workflow.machine_roles import MachineRoles
from mlops_constructs.workflow.model_settings import ModelSettings
from mlops_constructs.workflow.state_machines import StateMachines
from mlops_constructs.workflow.teardown import Teardown
from mlops_constructs.workflow.training_inputs import TrainingInputs, image_of_region
from mlops_constructs.workflow.triggers import Triggers


class StepFunctionsStack(Stack):
    """Knows the order of the work and none of the work itself."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StepFunctionsConfig,
        prefix: str,
        tags_of_runs: Mapping[str, str],
        models: Sequence[ModelDeployment],
        data_bucket: s3.IBucket,
        models_bucket: s3.IBucket,
        artifacts_bucket: s3.IBucket,
        encryption_key: kms.IKey,
        run_table: dynamodb.ITable,
        etl_job_name: str,
        functions: Mapping[str, lambda_.IFunction],
        training_code: Path,
        contracts: Path,
        training_role_name: str,
        serving_role_name: str,
        training_machine_role_name: str,
        deployment_machine_role_name: str,
        starter_role_name: str,
        teardown_role_name: str,
        subnet_ids: Sequence[str],
        security_group_ids: Sequence[str],
        image_accounts: Mapping[str, str],
        buckets_to_empty: Sequence[s3.IBucket] = (),
        log_bucket_to_close: s3.IBucket | None = None,
        repositories_to_empty: Sequence[ecr.IRepository] = (),
        studio_domain_to_delete: str | None = None,
        keep_studio_homes: bool = False,
        **kwargs: Any,
    ) -> None:
        # Every model has its settings here: without indentation more of them fit.
        super().__init__(scope, construct_id, suppress_template_indentation=True, **kwargs)
        training_role = self._role("TrainingRole", training_role_name)
        serving_role = self._role("ServingRole", serving_role_name)
        starter_role = self._role("StarterRole", starter_role_name)
        image = image_of_region(self, image_accounts, f"{XGBOOST_REPOSITORY}:{XGBOOST_TAG}")
        called = {name: functions[name].function_arn for name in values.Functions.names()}
        domain = {"domain": studio_domain_to_delete} if studio_domain_to_delete else {}
        domain_id = look_up_once(self, "Studio", domain).get("domain")
        inputs = TrainingInputs(self, "TrainingInputs", code=training_code, contracts=contracts, reader=training_role)
        workflow = values.Workflow(
            prefix=prefix,
            functions=values.Functions(**look_up_once(self, "Functions", called)),
            places=values.Places(
                data_bucket=data_bucket.bucket_name,
                models_bucket=models_bucket.bucket_name,
                artifacts_bucket=artifacts_bucket.bucket_name,
                key_arn=encryption_key.key_arn,
                run_table=run_table.table_name,
            ),
            container=values.Container(
                image=image,
                training_role_arn=training_role.role_arn,
                serving_role_arn=serving_role.role_arn,
                subnet_ids=tuple(subnet_ids),
                security_group_ids=tuple(security_group_ids),
            ),
            etl_job=etl_job_name,
            contracts_uri=inputs.contracts_uri,
            code_uri=inputs.code_uri,
            code_file=inputs.code_file,
            training=_training(config),
            deployment=_deployment(config),
            shared_tags=tags_of_runs,
        )
        roles = MachineRoles(
            self,
            "MachineRoles",
            workflow=workflow,
            training_machine=self._role("TrainingMachineRole", training_machine_role_name),
            deployment_machine=self._role("DeploymentMachineRole", deployment_machine_role_name),
            starter=starter_role,
            run_table=run_table,
        )
        intake = Intake(
            self,
            "Intake",
            rule_prefix=prefix,
            starter=functions["starter"],
            starter_role=starter_role,
            batching_window_seconds=config.batching_window_seconds,
        )
        # The first message may come with the mapping: the starter must be allowed to start machines by then.
        intake.mapping.node.add_dependency(roles)
        machines = StateMachines(
            self,
            "StateMachines",
            workflow=workflow,
            roles=roles,
            encryption_key=encryption_key,
            log_retention_days=config.log_retention_days,
        )
        settings = ModelSettings(
            self, "Models", prefix=prefix, models={model.name: model.settings() for model in models}
        )
        # Nor does a message start anything without its model's settings.
        intake.mapping.node.add_dependency(*settings.last)
        triggers = Triggers(
            self,
            "Triggers",
            prefix=prefix,
            data_bucket=data_bucket.bucket_name,
            training_machine_arn=machines.training.arn,
            deployment_machine_arn=machines.deployment.arn,
            schedules={model.name: model.schedule for model in models if model.schedule},
            queue=intake.queue,
            dead_letters=intake.dead_letters,
        )
        Teardown(
            self,
            "Teardown",
            prefix=prefix,
            function=functions["teardown"],
            role=self._role("TeardownRole", teardown_role_name),
            security_group_ids=security_group_ids,
            delete_registry=config.delete_registry,
            buckets=buckets_to_empty,
            log_bucket=log_bucket_to_close,
            repositories=repositories_to_empty,
            studio_domain_id=domain_id,
            keep_studio_homes=keep_studio_homes,
            subnet_ids=subnet_ids,
            deleted_after_it=[intake, roles, machines, triggers],
        )

        self.queue_name = intake.queue.queue_name
        self.dead_letter_queue_name = intake.dead_letters.queue_name
        self.training_machine_arn = machines.training.arn_by_name
        self.deployment_machine_arn = machines.deployment.arn_by_name
        CfnOutput(self, "TrainingMachineArn", value=machines.training.arn)
        CfnOutput(self, "DeploymentMachineArn", value=machines.deployment.arn)
        CfnOutput(self, "ContractsUri", value=inputs.contracts_uri)
        CfnOutput(self, "IntakeQueueUrl", value=intake.queue.queue_url)
        CfnOutput(self, "IntakeDeadLettersUrl", value=intake.dead_letters.queue_url)

    def _role(self, construct_id: str, name: str) -> iam.IRole:
        return iam.Role.from_role_name(self, construct_id, name)


def _training(config: StepFunctionsConfig) -> tuning.TrainingSettings:
    return tuning.TrainingSettings(
        approve_automatically=config.approve_automatically,
        limits=tuning.TrainingLimits(
            new_files=config.new_files_per_run,
            machine_hours=config.training_machine_timeout_hours,
            crawler_poll_seconds=config.crawler_poll_seconds,
            crawler_minutes=config.crawler_timeout_minutes,
            etl_minutes=config.etl_timeout_minutes,
            transform_minutes=config.transform_timeout_minutes,
            queue_minutes=config.training_queue_minutes,
        ),
    )


def _deployment(config: StepFunctionsConfig) -> tuning.DeploymentSettings:
    endpoint = config.endpoint
    return tuning.DeploymentSettings(
        traffic=tuning.Traffic(
            shift=endpoint.traffic_shift,
            bake_seconds=endpoint.bake_seconds,
            maximum_5xx_errors=endpoint.maximum_5xx_errors,
            maximum_latency_milliseconds=endpoint.maximum_latency_milliseconds,
        ),
        scaling=tuning.Scaling(
            minimum_instances=endpoint.instance_count,
            maximum_instances=endpoint.maximum_instance_count,
            invocations_per_instance=endpoint.invocations_per_instance,
        ),
        capture_percentage=endpoint.data_capture_percentage,
        golden_requests=config.golden_request_count,
        limits=tuning.DeploymentLimits(
            machine_hours=config.deployment_machine_timeout_hours,
            poll_seconds=config.endpoint_poll_seconds,
            endpoint_minutes=config.endpoint_timeout_minutes,
        ),
    )

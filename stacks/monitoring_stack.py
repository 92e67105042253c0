"""Alarms, messages and the dashboard: all that people are told or look at."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.settings import LambdaConfig, MonitoringConfig
from contract.run import models_path
from mlops_constructs import statements
from mlops_constructs.alarms import Alarms
from mlops_constructs.alert_topic import AlertTopic
from mlops_constructs.dashboard import PlatformDashboard
from mlops_constructs.function_bundle import Target
from mlops_constructs.function_family import FunctionFamily
from mlops_constructs.lost_files import LostFiles
from mlops_constructs.metrics import EndpointMetrics, FunctionMetrics, QueueMetrics, RunMetrics
from mlops_constructs.notifier import Notifier
from mlops_constructs.references import look_up_once
from mlops_constructs.spending_limit import SpendingLimit
from mlops_constructs.waiting_versions import WaitingVersions

# `cdk deploy` prints outputs: the one line that everybody reads.
NOBODY = "nobody: alarms and failures are told to no one until alarm_emails has an address or the topic a subscriber"


class MonitoringStack(Stack):
    """Executions that fail and files that are lost are told by the notifier alone, everything else by alarms."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: MonitoringConfig,
        functions_config: LambdaConfig,
        stage: str,
        prefix: str,
        source: Path,
        bundles: Path,
        data_bucket: s3.IBucket,
        run_table: dynamodb.ITable,
        encryption_key: kms.IKey,
        functions: Mapping[str, lambda_.IFunction],
        endpoint_names: Mapping[str, str],
        endpoint_log_groups: Mapping[str, str],
        training_machine_arn: str,
        deployment_machine_arn: str,
        queue_name: str,
        dead_letter_queue_name: str,
        approve_automatically: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        topic = AlertTopic(self, "Alerts", encryption_key=encryption_key, emails=config.alarm_emails).topic
        role_name = iam.Role(
            self,
            "NotifierFunctionRole",
            description="Function notifier: tells people what failed, and which files are lost",
            assumed_by=statements.service("lambda"),
        ).role_name
        family = FunctionFamily(
            self,
            source=source,
            store=bundles,
            target=Target(
                python_version=functions_config.python_version, package_platform=functions_config.package_platform
            ),
            cpu=functions_config.cpu,
            stage=stage,
            environment={
                "TOPIC_ARN": topic.topic_arn,
                "RUN_TABLE": run_table.table_name,
                "NAME_PREFIX": prefix,
                "MODELS_PATH": models_path(prefix),
            },
            log_retention_days=config.log_retention_days,
            encryption_key=encryption_key,
            roles={"notifier": iam.Role.from_role_name(self, "NotifierRole", role_name, mutable=False)},
        )
        notifier = Notifier(
            self,
            "Failures",
            family=family,
            topic=topic,
            data_bucket=data_bucket,
            run_table=run_table,
            encryption_key=encryption_key,
            prefix=prefix,
        )
        LostFiles(
            self,
            "LostFiles",
            data_bucket=data_bucket,
            function=notifier.function,
            dead_letters=notifier.dead_letters,
        )
        WaitingVersions(
            self,
            "WaitingVersions",
            prefix=prefix,
            enabled=not approve_automatically,
            function=notifier.function,
            dead_letters=notifier.dead_letters,
        )
        endpoints = {model: EndpointMetrics(name) for model, name in endpoint_names.items()}
        intake = look_up_once(self, "Intake", {"queue": queue_name, "dead_letters": dead_letter_queue_name})
        queue, dead_letters = QueueMetrics(intake["queue"]), QueueMetrics(intake["dead_letters"])
        function_names = {name: function.function_name for name, function in functions.items()}
        looked_up = look_up_once(self, "Functions", function_names)
        watched = {name: FunctionMetrics(function_name) for name, function_name in looked_up.items()}

        alarms = Alarms(self, "Alarms", topic=topic)
        for model, metrics in endpoints.items():
            alarms.watch_endpoint(
                model,
                metrics,
                maximum_5xx_errors=config.maximum_5xx_errors,
                maximum_latency_milliseconds=config.maximum_latency_milliseconds,
            )
            alarms.watch_runs(model, RunMetrics(prefix, model))
        alarms.watch_queue(queue, dead_letters, maximum_age_minutes=config.maximum_queue_age_minutes)
        alarms.watch_function("starter", watched["starter"])
        alarms.watch_function("notifier", FunctionMetrics(notifier.function.function_name))
        alarms.watch_dead_letters("notifier", QueueMetrics(notifier.dead_letters.queue_name))

        PlatformDashboard(
            self,
            "Dashboard",
            name=prefix,
            endpoints=endpoints,
            endpoint_log_groups=endpoint_log_groups,
            training_machine_arn=training_machine_arn,
            deployment_machine_arn=deployment_machine_arn,
            queue=queue,
            dead_letters=dead_letters,
            functions=watched,
        )
        if config.monthly_budget_usd:
            SpendingLimit(self, "Budget", platform=prefix, usd=config.monthly_budget_usd, emails=config.alarm_emails)
        CfnOutput(self, "TopicArn", value=topic.topic_arn)
        CfnOutput(self, "NotifierName", value=notifier.function.function_name)
        CfnOutput(self, "NotifierDeadLettersUrl", value=notifier.dead_letters.queue_url)
        if not config.alarm_emails:
            CfnOutput(self, "Subscribers", value=NOBODY)

#!/usr/bin/env python3
"""The platform on one screen: every stack, and what each one is given by the others."""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk

from config import template_limits
from config.artifacts import Artifacts, write_artifacts
from config.checking import checked, misspelled
from config.images import XGBOOST_ACCOUNTS
from config.models import ModelError, load_models
from config.settings import ModelDeployment, PlatformConfig, SettingsError
from stacks.glue_stack import GlueStack
from stacks.iam_stack import IamStack
from stacks.lambda_stack import LambdaStack
from stacks.monitoring_stack import MonitoringStack
from stacks.network_stack import NetworkStack
from stacks.sagemaker_stack import SageMakerStack
from stacks.step_functions_stack import StepFunctionsStack
from stacks.storage_stack import StorageStack

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / "cdk.build"
MODELS = ROOT / "config" / "models"
# Stack traces hold the paths of whoever synthesizes; without them the same sources give the same bytes everywhere.
# The command line keeps this key to itself, so it does not stand in cdk.json.
REPRODUCIBLE = {"aws:cdk:disable-creation-stack-traces": True}


def build_platform(
    app: cdk.App, config: PlatformConfig, models: tuple[ModelDeployment, ...], artifacts: Artifacts
) -> None:
    """Compose the eight stacks: what one is given by another is also the order of their deployment."""
    name = config.prefix
    code = {"source": ROOT, "bundles": BUILD / "packages"}
    tags = {"platform": name, **config.tags}
    # Behind the platform's own name in the bootstrap bucket, so that a permission need not name the content.
    synthesis = {"synthesizer": cdk.DefaultStackSynthesizer(bucket_prefix=f"{name}/")}

    network = NetworkStack(app, f"{name}-network", config=config.network, **synthesis)
    iam = IamStack(app, f"{name}-iam", config=config.iam, prefix=name, **synthesis)
    storage = StorageStack(app, f"{name}-storage", config=config.storage, **synthesis)
    glue = GlueStack(
        app,
        f"{name}-glue",
        **synthesis,
        config=config.glue,
        prefix=name,
        models=models,
        contract_package=artifacts.contract_package,
        data_bucket=storage.data_bucket,
        encryption_key=storage.key,
        crawler_role_name=iam.crawler_role_name,
        job_role_name=iam.etl_job_role_name,
    )
    functions = LambdaStack(
        app,
        f"{name}-lambda",
        **synthesis,
        config=config.functions,
        stage=config.stage,
        prefix=name,
        **code,
        contracts=artifacts.contracts,
        vpc=network.vpc,
        security_group=network.function_security_group,
        data_bucket=storage.data_bucket,
        models_bucket=storage.models_bucket,
        encryption_key=storage.key,
        run_table=storage.run_table,
        role_names=iam.function_role_names,
    )
    sagemaker = SageMakerStack(
        app,
        f"{name}-sagemaker",
        **synthesis,
        config=config.sagemaker,
        prefix=name,
        models=models,
        image_accounts=XGBOOST_ACCOUNTS,
        vpc=network.vpc,
        security_group=network.sagemaker_security_group,
        data_bucket=storage.data_bucket,
        models_bucket=storage.models_bucket,
        artifacts_bucket=storage.artifacts_bucket,
        encryption_key=storage.key,
        training_role_name=iam.training_role_name,
        serving_role_name=iam.serving_role_name,
        studio_role_name=iam.studio_role_name,
    )
    step_functions = StepFunctionsStack(
        app,
        f"{name}-step-functions",
        **synthesis,
        config=config.step_functions,
        prefix=name,
        tags_of_runs=tags,
        models=models,
        data_bucket=storage.data_bucket,
        models_bucket=storage.models_bucket,
        artifacts_bucket=storage.artifacts_bucket,
        encryption_key=storage.key,
        run_table=storage.run_table,
        etl_job_name=glue.etl_job_name,
        functions=functions.functions,
        training_code=artifacts.training_code,
        contracts=artifacts.contracts,
        training_role_name=iam.training_role_name,
        serving_role_name=iam.serving_role_name,
        training_machine_role_name=iam.training_machine_role_name,
        deployment_machine_role_name=iam.deployment_machine_role_name,
        starter_role_name=iam.function_role_names["starter"],
        teardown_role_name=iam.function_role_names["teardown"],
        subnet_ids=sagemaker.job_subnet_ids,
        security_group_ids=sagemaker.job_security_group_ids,
        image_accounts=XGBOOST_ACCOUNTS,
        buckets_to_empty=storage.buckets_to_empty,
        log_bucket_to_close=storage.log_bucket_to_close,
        repositories_to_empty=storage.repositories_to_empty,
        studio_domain_to_delete=sagemaker.studio_domain_to_delete,
        keep_studio_homes=sagemaker.keep_studio_homes,
    )
    monitoring = MonitoringStack(
        app,
        f"{name}-monitoring",
        **synthesis,
        config=config.monitoring,
        functions_config=config.functions,
        stage=config.stage,
        prefix=name,
        **code,
        data_bucket=storage.data_bucket,
        run_table=storage.run_table,
        encryption_key=storage.key,
        functions=functions.functions,
        endpoint_names=sagemaker.endpoint_names,
        endpoint_log_groups=sagemaker.endpoint_log_groups,
        training_machine_arn=step_functions.training_machine_arn,
        deployment_machine_arn=step_functions.deployment_machine_arn,
        queue_name=step_functions.queue_name,
        dead_letter_queue_name=step_functions.dead_letter_queue_name,
        approve_automatically=config.step_functions.approve_automatically,
    )
    # Names and what is handed on, unlike references, order nothing by themselves.
    step_functions.add_stack_dependency(glue)
    step_functions.add_stack_dependency(sagemaker)
    monitoring.add_stack_dependency(sagemaker)
    for key, value in tags.items():
        cdk.Tags.of(app).add(key, value)


def build_app(
    config: PlatformConfig | None = None,
    *,
    outdir: Path | None = None,
    context: Mapping[str, Any] | None = None,
    models: Path = MODELS,
    build: Path = BUILD,
    validate: bool = True,
) -> cdk.App:
    """The app with the context of cdk.json, whoever starts it: the command line, a test or a person.

    Without a configuration, the stage of the context chooses one.
    """
    defaults = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(
        outdir=str(outdir) if outdir else None,
        context={**defaults, **REPRODUCIBLE, **(context or {})},
        builtin_cloud_formation_validation=validate,
    )
    config = checked(config) if config else _environment(app.node.get_context("stage"))
    known = load_models(models)
    deployments = tuple(model.deployment(config.step_functions) for model in known)
    build_platform(app, config, deployments, write_artifacts(ROOT, build, known))
    return app


def _environment(stage: str) -> PlatformConfig:
    """Imported only here: a misspelled setting stops the import, and that is to be one line too."""
    try:
        from config.environments import environment
    except TypeError as error:
        raise misspelled(error) from None
    return environment(stage)


def check_sizes(assembly: Path) -> None:
    """Refuse templates that CloudFormation would refuse. To say how many models fit, one of them is written alone."""
    sizes, known = template_limits.measure(assembly), sorted(MODELS.glob("*.toml"))
    if not template_limits.beyond(sizes):
        return
    with TemporaryDirectory() as folder:
        alone = Path(folder, "models")
        alone.mkdir()
        shutil.copy(known[0], alone)
        context = {"aws:cdk:bundling-stacks": []}
        app = build_app(outdir=Path(folder, "cdk.out"), context=context, models=alone, validate=False)
        with_one = template_limits.measure(Path(app.synth().directory))
    raise template_limits.TemplateTooLarge(template_limits.refusal(sizes, len(known), with_one))


def main() -> int:
    """Write the templates, or say in one line per mistake why not."""
    try:
        check_sizes(Path(build_app().synth().directory))
    except (SettingsError, ModelError, template_limits.TemplateTooLarge) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Agreements between the values of an environment. Each rule yields the mistakes it finds."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from config import instance_types
from config.mistakes import Mistake
from config.network_rules import network_rules
from config.settings import PlatformConfig
from contract.model import MAXIMUM_NAME_LENGTH

# SageMaker's names have at most 63 characters. The longest one of ours is a candidate's model after 99 redrives:
# <prefix>-<model: 20>-<run: 12>-candidate-<redrives: 2><retry: 1>
MAXIMUM_PREFIX_LENGTH: Final = 63 - len("-") - MAXIMUM_NAME_LENGTH - len("-") - 12 - len("-candidate-999")
# IAM's names have at most 64 characters. The longest one of ours is <role_prefix><prefix>-GoldenRequestsFunction.
ROOM_FOR_ROLE_NAMES: Final = 64 - len("-GoldenRequestsFunction")
WORD: Final = re.compile(r"[a-z][a-z0-9]+")
RESERVED_TAGS: Final = ("platform", "model")
# 50 for a resource, of which the platform, the CDK and Step Functions give some.
MAXIMUM_TAGS: Final = 40
# The narrowest of the services: SageMaker's pattern for keys and values.
TAG_TEXT: Final = re.compile(r"[\w\s.:/=+\-@]*")

Rule = Callable[[PlatformConfig], Iterator[Mistake]]


def name_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """Without hyphens, or the names of one platform could begin like those of another, which a teardown would take."""
    for key, value in (("name", config.name), ("stage", config.stage)):
        if not WORD.fullmatch(value):
            yield Mistake(key, f"is {value!r}", "two or more lower-case letters and digits, a letter first")
    if config.name.startswith(("aws", "ssm")):
        yield Mistake(
            "name", f"is {config.name!r}", "a name that does not begin with aws or ssm: Parameter Store refuses it"
        )
    room = MAXIMUM_PREFIX_LENGTH - len(f"-{config.stage}")
    if len(config.name) > room:
        long = f"at most {room} characters, so that {config.prefix!r} has at most {MAXIMUM_PREFIX_LENGTH}"
        yield Mistake("name", f"is {config.name!r}", long)


def role_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """Limits of IAM."""
    boundary, role_prefix = config.iam.permissions_boundary, config.iam.role_prefix
    if boundary is not None and not re.fullmatch(r"[\w+=,.@-]+(/[\w+=,.@-]+)*", boundary, re.ASCII):
        allowed = "a policy's name, not its ARN, such as 'no-admins'"
        yield Mistake("iam.permissions_boundary", f"is {boundary!r}", allowed)
    room = ROOM_FOR_ROLE_NAMES - len(config.prefix)
    if role_prefix is not None and not re.fullmatch(rf"[\w+=,.@-]{{1,{room}}}", role_prefix, re.ASCII):
        yield Mistake("iam.role_prefix", f"is {role_prefix!r}", f"1 to {room} letters, digits and any of +=,.@-_")


def glue_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """The job ends before the state that waits for it."""
    job, state = config.glue.timeout_minutes, config.step_functions.etl_timeout_minutes
    if job > state:
        yield Mistake("glue.timeout_minutes", f"is {job}", f"at most step_functions.etl_timeout_minutes, {state}")


def function_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """Bundles are made for the processor that runs them."""
    functions = config.functions
    wanted = {"arm64": "aarch64-", "x86_64": "x86_64-"}[functions.cpu]
    if not functions.package_platform.startswith(wanted):
        said = f"is {functions.package_platform!r} for the CPU {functions.cpu}"
        yield Mistake("functions.package_platform", said, f"{wanted}manylinux_2_28, or another that begins so")


def sagemaker_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """Names and what a destroy can remove."""
    user = config.sagemaker.studio_user
    if not re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", user):
        yield Mistake("sagemaker.studio_user", f"is {user!r}", "at most 63 letters, digits and hyphens inside")
    if not config.sagemaker.keep_on_delete and not config.step_functions.delete_registry:
        said = "is False with sagemaker.keep_on_delete False, so groups could not be deleted while they hold versions"
        yield Mistake("step_functions.delete_registry", said, "True, or sagemaker.keep_on_delete = True")


def endpoint_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """Limits of SageMaker, with the image that we have."""
    steps, endpoint, where = config.step_functions, config.step_functions.endpoint, "step_functions.endpoint"
    x86 = "an x86 type without GPU that the service offers for it, such as ml.m5.large"
    if endpoint.instance_type not in instance_types.SERVING:
        yield Mistake(f"{where}.instance_type", f"is {endpoint.instance_type!r}", x86)
    if steps.transform_instance_type not in instance_types.TRANSFORM:
        yield Mistake("step_functions.transform_instance_type", f"is {steps.transform_instance_type!r}", x86)
    if endpoint.instance_count > endpoint.maximum_instance_count:
        most = f"at most maximum_instance_count, {endpoint.maximum_instance_count}"
        yield Mistake(f"{where}.instance_count", f"is {endpoint.instance_count}", most)
    if endpoint.autoscales and not instance_types.can_autoscale(endpoint.instance_type):
        said = f"is {endpoint.instance_type!r} with autoscaling up to {endpoint.maximum_instance_count}"
        yield Mistake(f"{where}.instance_type", said, instance_types.THAT_AUTOSCALE)
    if endpoint.traffic_shift != "all-at-once" and endpoint.instance_count < 2:
        said = f"is {endpoint.traffic_shift!r} with {endpoint.instance_count} instance"
        allowed = "'all-at-once', or instance_count >= 2, because SageMaker shifts at most half of the fleet first"
        yield Mistake(f"{where}.traffic_shift", said, allowed)
    # SageMaker is given 40 of 60 seconds for an update, in which it may wait three times.
    given = steps.endpoint_timeout_minutes * 40
    if 3 * endpoint.bake_seconds >= given:
        said = f"is {endpoint.bake_seconds} with an endpoint_timeout_minutes of {steps.endpoint_timeout_minutes}"
        yield Mistake(f"{where}.bake_seconds", said, f"less than {given // 3}, or a longer timeout")


def monitoring_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """Somebody hears it."""
    monitoring = config.monitoring
    for address in monitoring.alarm_emails:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
            yield Mistake("monitoring.alarm_emails", f"has {address!r}", "addresses such as 'ann@example.com'")
    if monitoring.monthly_budget_usd is not None and not monitoring.alarm_emails:
        said = f"is {monitoring.monthly_budget_usd} without alarm_emails"
        yield Mistake("monitoring.monthly_budget_usd", said, "a budget together with at least one address to warn")


def tag_rules(config: PlatformConfig) -> Iterator[Mistake]:
    """Limits of AWS for tags; our own tags stay ours."""
    if len(config.tags) > MAXIMUM_TAGS:
        yield Mistake("tags", f"has {len(config.tags)} tags", f"at most {MAXIMUM_TAGS}")
    for key, value in config.tags.items():
        if key in RESERVED_TAGS or key.lower().startswith("aws:") or not 1 <= len(key) <= 128:
            allowed = f"1 to 128 characters, neither {', '.join(map(repr, RESERVED_TAGS))} nor 'aws:...'"
            yield Mistake("tags", f"has the key {key!r}", allowed)
        if not TAG_TEXT.fullmatch(key):
            yield Mistake("tags", f"has the key {key!r}", "letters, digits, spaces and any of _.:/=+-@")
        if len(value) > 256:
            yield Mistake(f"tags.{key}", f"has {len(value)} characters", "at most 256 characters")
        if not TAG_TEXT.fullmatch(value):
            yield Mistake(f"tags.{key}", f"is {value!r}", "letters, digits, spaces and any of _.:/=+-@")


RULES: Final[tuple[Rule, ...]] = (
    name_rules,
    role_rules,
    network_rules,
    glue_rules,
    function_rules,
    sagemaker_rules,
    endpoint_rules,
    monitoring_rules,
    tag_rules,
)

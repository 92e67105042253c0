"""A log group that is encrypted, ends with its owner, and forgets in time."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

_RETENTION: Final = {
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
}


def log_group(
    scope: Construct,
    construct_id: str,
    *,
    retention_days: int,
    encryption_key: kms.IKey | None = None,
    name: str | None = None,
) -> logs.LogGroup:
    """A log group; only those that a service looks up by name get one."""
    if retention_days not in _RETENTION:
        raise ValueError(f"log retention of {retention_days} days; allowed: {', '.join(map(str, _RETENTION))}")
    return logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        retention=_RETENTION[retention_days],
        encryption_key=encryption_key,
        removal_policy=RemovalPolicy.DESTROY,
    )

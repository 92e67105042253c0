"""Tells people of files that no model reads: nothing that is uploaded is dropped silently."""

import json
from collections.abc import Sequence
from typing import Final, cast

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

# What the platform itself writes into the data bucket, but for refused/: what lies there is to be told.
WRITTEN: Final = ("manifests/", "clean/", "heldout/", "evaluation/", "quarantine/", "reports/")
# EventBridge takes patterns of 2,048 characters; the rest of this one, with the longest bucket name, has under 248.
MAXIMUM_PLACES: Final = 1800


class TooManyPlaces(ValueError):
    """More models than the rule can name; the message is one line for people."""


class LostFiles(Construct):
    """One rule on everything that arrives in the data bucket outside of the known places."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        data_bucket: s3.IBucket,
        models: Sequence[str],
        models_with_holdout: Sequence[str],
        function: lambda_.IFunction,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        known = known_places(models, models_with_holdout)
        length = len(json.dumps(known, separators=(",", ":")))
        if length > MAXIMUM_PLACES:
            raise TooManyPlaces(
                f"{self.node.path}: the rule names the places of {len(models)} models in {length:,} characters; "
                f"EventBridge takes {MAXIMUM_PLACES:,}: put some of the models into a platform of their own"
            )
        target = targets.LambdaFunction(function, dead_letter_queue=dead_letters)
        events.Rule(
            self,
            "Rule",
            description="Files in the data bucket that no model reads",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [data_bucket.bucket_name]},
                    "object": {"key": events.Match.anything_but_prefix(*known)},
                },
            ),
            targets=[cast(events.IRuleTarget, target)],
        )


def known_places(models: Sequence[str], models_with_holdout: Sequence[str]) -> list[str]:
    """The prefixes under which something is read by a model or written by the platform."""
    raw = [f"raw/{model}/" for model in models]
    return [*raw, *(f"holdout/{model}/" for model in models_with_holdout), *WRITTEN]

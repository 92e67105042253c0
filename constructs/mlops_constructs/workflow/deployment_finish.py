"""The deployment machine's end: remember what serves, and remove what nobody goes back to."""

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, for_each, jsonata, succeed, task
from mlops_constructs.workflow.names import MODEL, NAME, given_by_deployments
from mlops_constructs.workflow.values import Workflow


def finish_states(workflow: Workflow) -> States:
    """An endpoint that serves and scales to the end of the deployment."""
    return {
        "RecordChampion": _record_champion(workflow),
        "ListOldConfigs": _list_old("EndpointConfigs", "EndpointConfigName", next_state="DeleteOldConfigs"),
        "DeleteOldConfigs": for_each(
            jsonata("$old"), "DeleteOldConfig", _delete_old("EndpointConfig"), next_state="ListOldModels"
        ),
        "ListOldModels": _list_old("Models", "ModelName", next_state="DeleteOldModels"),
        "DeleteOldModels": for_each(jsonata("$old"), "DeleteOldModel", _delete_old("Model"), next_state="Deployed"),
        "Deployed": succeed(
            {
                "endpoint_name": NAME,
                "endpoint_config": jsonata("$config_name"),
                "package_arn": jsonata("$package_arn"),
                "version": jsonata("$version"),
            }
        ),
    }


def _record_champion(workflow: Workflow) -> State:
    text = {
        "model_name": "$model_name",
        "package_arn": "$package_arn",
        "baseline_uri": "$baseline_uri",
        "deployed_at": "$states.context.State.EnteredTime",
    }
    return task(
        "aws-sdk:dynamodb:putItem",
        {
            "TableName": workflow.places.run_table,
            "Item": {
                "model": {"S": MODEL},
                "item": {"S": "champion"},
                "version": {"N": jsonata("$version")},
                **{name: {"S": jsonata(expression)} for name, expression in text.items()},
            },
        },
        retry=retries.DYNAMODB,
        timeout_seconds=60,
        next_state="ListOldConfigs",
    )


def old_names(listing: str, name: str) -> str:
    """Names that a deployment of this model gave, except those of the current and the previous deployment."""
    kept = " or ".join(f"$substring($text, 0, $length({stem})) = {stem}" for stem in ("$deployed", "$previous"))
    wanted = f"function($text) {{ {given_by_deployments()} and $not({kept}) }}"
    return jsonata(f"[$filter($states.result.{listing}.{name}, {wanted})]")


def _list_old(listing: str, name: str, *, next_state: str) -> State:
    # Oldest first: were there ever more than one page, the rest follows with the next deployment.
    return task(
        f"aws-sdk:sagemaker:list{listing}",
        {
            "NameContains": jsonata("$name & '-v'"),
            "SortBy": "CreationTime",
            "SortOrder": "Ascending",
            "MaxResults": 100,
        },
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state=next_state,
        assign={"old": old_names(listing, name)},
    )


def _delete_old(kind: str) -> State:
    return task(
        f"aws-sdk:sagemaker:delete{kind}",
        {f"{kind}Name": jsonata("$states.input")},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="",
    )

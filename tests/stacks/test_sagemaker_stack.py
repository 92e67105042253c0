"""Studio, the registry, and what is handed on to the machines."""

import json

from tests.synth import assembly


def test_studio_stands_in_the_private_subnets_and_talks_through_them_only() -> None:
    [domain] = assembly("prod").resources("AWS::SageMaker::Domain")

    assert domain.properties["AppNetworkAccessType"] == "VpcOnly"
    assert "publicSubnet" not in json.dumps(domain.properties["SubnetIds"])
    assert len(domain.properties["DefaultUserSettings"]["SecurityGroups"]) == 1


def test_people_in_studio_do_not_see_the_hold_out() -> None:
    policies = assembly("prod").resources("AWS::IAM::Policy", modules=["sagemaker"])
    theirs = json.dumps([policy.properties for policy in policies if "Studio" in policy.logical_id])

    assert "/raw/*" in theirs
    assert not [folder for folder in ("heldout/", "holdout/", "evaluation/") if folder in theirs]


def test_a_package_group_is_not_replaced_when_the_model_is_described_in_other_words() -> None:
    groups = assembly("prod").resources("AWS::SageMaker::ModelPackageGroup")
    descriptions = {
        group.properties["ModelPackageGroupName"]: group.properties["ModelPackageGroupDescription"] for group in groups
    }

    assert descriptions == {
        "mlops-prod-churn": "Versions of the model churn",
        "mlops-prod-house-prices": "Versions of the model house-prices",
    }


def test_the_log_group_of_every_endpoint_is_there_before_the_endpoint() -> None:
    groups = assembly("prod").resources("AWS::Logs::LogGroup", modules=["sagemaker"])

    assert {group.properties["LogGroupName"] for group in groups} == {
        "/aws/sagemaker/Endpoints/mlops-prod-churn",
        "/aws/sagemaker/Endpoints/mlops-prod-house-prices",
    }


def test_people_in_studio_read_their_domain_and_the_registry_of_the_platform_and_change_neither() -> None:
    policies = assembly("prod").resources("AWS::IAM::Policy", modules=["sagemaker"])
    statements = [
        statement
        for policy in policies
        if "Studio" in policy.logical_id
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]
    allowed = {action for statement in statements for action in _list(statement["Action"])}
    reads = {"DescribeDomain", "DescribeModelPackageGroup", "ListModelPackages", "DescribeModelPackage"}

    assert {f"sagemaker:{action}" for action in reads} <= allowed
    assert not [action for action in allowed if "ModelPackage" in action and not _reads(action)]
    assert not [action for action in allowed if action.endswith("Domain") and not _reads(action)]


def _reads(action: str) -> bool:
    return action.partition(":")[2].startswith(("Describe", "List"))


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def test_the_network_reaches_the_machines_through_outputs_of_this_stack() -> None:
    outputs = assembly("prod").template("sagemaker")["Outputs"]
    machines = json.dumps(assembly("prod").template("step-functions"))

    for name in ("JobSubnetId1", "JobSubnetId2", "JobSecurityGroupId"):
        assert name in outputs
        assert name in machines


def test_the_image_is_pulled_from_the_account_of_the_region_and_from_nowhere_else() -> None:
    template = assembly("prod").template("sagemaker")
    [mapping] = template["Mappings"].values()
    pulls = [
        statement["Resource"]
        for policy in assembly("prod").resources("AWS::IAM::Policy", modules=["sagemaker"])
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if "ecr:BatchGetImage" in statement["Action"]
    ]

    assert mapping["us-east-1"] == {"account": "683313688378"}
    assert len(pulls) == 2
    assert all("Fn::FindInMap" in json.dumps(pull) and "*" not in json.dumps(pull) for pull in pulls)

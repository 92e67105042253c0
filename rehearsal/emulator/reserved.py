"""Names that belong to AWS: nobody in the account may make, change or delete them, whatever their policies say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Action -> (parameter, beginnings that are reserved). Sources: IAM user guide, "IAM identifiers" and service-linked
# roles; KMS API reference, CreateAlias: "The alias name cannot begin with alias/aws/".
RESERVED: dict[str, tuple[str, tuple[str, ...]]] = {
    "iam:CreateRole": ("Path", ("/aws-reserved/", "/aws-service-role/")),
    "kms:CreateAlias": ("AliasName", ("alias/aws/",)),
    "kms:DeleteAlias": ("AliasName", ("alias/aws/",)),
    "kms:UpdateAlias": ("AliasName", ("alias/aws/",)),
}


def is_reserved(action: str, parameters: Mapping[str, Any]) -> bool:
    """Tell whether the request is about such a name."""
    parameter, beginnings = RESERVED.get(action, ("", ()))
    return bool(parameter) and str(parameters.get(parameter, "")).startswith(beginnings)

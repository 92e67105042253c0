"""Checks of the region and of what others decided for the account."""

from typing import Any

from commands.findings import Finding, Patient, ok

EVERYBODY = "IAM_ALLOWED_PRINCIPALS"


def check_image(patient: Patient) -> list[Finding]:
    region, known = patient.session.client("sts").meta.region_name, patient.assembly.image_regions
    if region in known:
        return ok("training image", f"AWS keeps it in {region}")
    return [
        Finding(
            "training image",
            "problem",
            f"AWS keeps no XGBoost image in {region} that the table knows",
            f"choose one of {len(known)} regions: {', '.join(sorted(known))}",
        )
    ]


def check_glue(patient: Patient) -> list[Finding]:
    """AWS has no interface that tells this; saying ok would be a guess."""
    versions = sorted({str(job.properties["GlueVersion"]) for job in patient.assembly.of("AWS::Glue::Job")})
    return [
        Finding(
            "Glue version",
            "not checked here",
            f"Glue {', '.join(versions)}: no interface of AWS tells in which regions a version is available",
            "the page 'AWS Glue versions' of the AWS documentation does; the first run fails in RunEtl otherwise",
        )
    ]


def check_lake_formation(patient: Patient) -> list[Finding]:
    """Warn if Lake Formation governs new tables: IAM permissions alone do not open them then."""
    settings = patient.session.client("lakeformation").get_data_lake_settings()["DataLakeSettings"]
    grants = [resource for resource in patient.assembly.resources if resource.type.startswith("AWS::LakeFormation::")]
    by_iam = all(
        _open(settings.get(name, [])) for name in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions")
    )
    if by_iam:
        return ok("Lake Formation", "new databases and tables are governed by IAM alone")
    if grants:
        return ok("Lake Formation", f"it governs new tables, and the templates hold {len(grants)} grants")
    return [
        Finding(
            "Lake Formation",
            "problem",
            "it governs new databases and tables of this account, so the crawler and the ETL job will be refused",
            "set glue.lake_formation = True for this stage in config/environments.py and deploy as a data lake admin",
        )
    ]


def _open(permissions: list[dict[str, Any]]) -> bool:
    return any(
        each.get("Principal", {}).get("DataLakePrincipalIdentifier") == EVERYBODY and "ALL" in each["Permissions"]
        for each in permissions
    )

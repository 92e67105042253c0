"""`mlops doctor`: is this account ready for the platform, and is the platform well?"""

import typer
from rich.table import Table

from commands.arguments import Templates
from commands.assembly import assembly_of
from commands.check_account import (
    check_bootstrap,
    check_bootstrap_key,
    check_credentials,
    check_stacks,
    check_subscribers,
)
from commands.check_costs import check_budget
from commands.check_names import check_names
from commands.check_quotas import check_functions, check_instances, check_network
from commands.check_region import check_glue, check_image, check_lake_formation
from commands.check_zones import check_zones
from commands.errors import Exit
from commands.findings import Check, Finding, Patient, examined, only_on_aws
from commands.screen import table
from commands.session import Session

CHECKS: dict[str, Check] = {
    "bootstrap": check_bootstrap,
    "bootstrap key": only_on_aws("bootstrap key", check_bootstrap_key),
    "training image": check_image,
    "Glue version": check_glue,
    "quotas": only_on_aws("quotas", check_instances),
    "functions": only_on_aws("functions", check_functions),
    "network": only_on_aws("network", check_network),
    "zones": only_on_aws("zones", check_zones),
    "Lake Formation": only_on_aws("Lake Formation", check_lake_formation),
    "budget": only_on_aws("budget", check_budget),
    "names": check_names,
    "stacks": check_stacks,
    "subscribers": check_subscribers,
}
ORDER = ("problem", "warning", "not checked here", "ok")


def doctor(
    context: typer.Context,
    assembly: Templates = None,
) -> None:
    """Check account, region, limits and names, before a deployment or after it. Exit code 1 on a problem."""
    session: Session = context.obj
    findings = check_credentials(session)
    with assembly_of(session, assembly) as templates:
        patient = Patient(session, templates)
        for name, check in CHECKS.items():
            with session.screen.status(f"checking {name}"):
                findings += examined(name, check, patient)
    counts = {status: sum(finding.status == status for finding in findings) for status in ORDER}
    document = {"findings": [vars(finding) for finding in findings], "counts": counts}
    summary = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    session.screen.result(document, _table(findings), summary)
    if counts["problem"]:
        raise typer.Exit(Exit.FAILED)


def _table(findings: list[Finding]) -> Table:
    rows = [
        (finding.status, finding.check, finding.text + (f"\n-> {finding.way_out}" if finding.way_out else ""))
        for finding in findings
    ]
    return table("", ("", "check", "finding"), rows)

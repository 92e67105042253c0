"""Check of the budget: it counts by a tag, and AWS counts by a tag only once it is activated for the account's bill."""

from commands.findings import Finding, Patient, ok

TAG = "platform"
ACTIVATE = "https://console.aws.amazon.com/costmanagement/home#/tags"


def check_budget(patient: Patient) -> list[Finding]:
    """Until the tag is an active cost allocation tag, the budget sees no costs and warns nobody."""
    if not patient.assembly.of("AWS::Budgets::Budget"):
        return ok("budget", "monthly_budget_usd is not set")
    listed = patient.session.client("ce").list_cost_allocation_tags(TagKeys=[TAG], Type="UserDefined")
    [status] = [tag["Status"] for tag in listed["CostAllocationTags"]] or ["not known yet"]
    if status == "Active":
        return ok("budget", f"the tag {TAG} is an active cost allocation tag")
    return [
        Finding(
            "budget",
            "warning",
            f"the budget counts nothing: the cost allocation tag {TAG} is {status.lower()}",
            f"activate it in the account that pays ({ACTIVATE}); it is listed there a day after its first use",
        )
    ]

"""Warns people before a month costs more than they said."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Aws
from aws_cdk import aws_budgets as budgets
from constructs import Construct

WARN_PERCENT: Final = 80


def platform_filter(name: str) -> str:
    """The tag that every resource of the platform carries, as a budget filters by it."""
    return f"user:platform${name}"


class SpendingLimit(Construct):
    """A monthly budget over what carries the platform's tag."""

    def __init__(self, scope: Construct, construct_id: str, *, platform: str, usd: int, emails: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                # Budgets belong to the account, not to a region: the same stage may stand in two of them.
                budget_name=f"{platform}-{Aws.REGION}",
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=usd, unit="USD"),
                cost_filters={"TagKeyValue": [platform_filter(platform)]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type="FORECASTED" if threshold == 100 else "ACTUAL",
                        comparison_operator="GREATER_THAN",
                        threshold=threshold,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        budgets.CfnBudget.SubscriberProperty(address=email, subscription_type="EMAIL")
                        for email in emails
                    ],
                )
                for threshold in (WARN_PERCENT, 100)
            ],
        )

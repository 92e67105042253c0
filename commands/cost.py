"""`mlops cost`: what the stage costs per month and per run, as far as templates and list prices tell."""

from typing import Annotated, Any

import typer

from commands.arguments import Templates
from commands.assembly import assembly_of
from commands.errors import Exit, Refused
from commands.estimate import Item, endpoint_types, idle_items, not_priced, run_items
from commands.prices import Prices, load_prices
from commands.screen import table
from commands.session import Session

COLUMNS = ("item", "count", "quantity", "USD each", "USD")


def cost(
    context: typer.Context,
    endpoints: Annotated[
        int | None, typer.Option("--endpoints", min=0, help="So many models with an endpoint; all unless said.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Whose run; the first model unless said.")] = None,
    minutes: Annotated[
        list[str] | None, typer.Option("--minutes", metavar="STEP=N", help="etl, crawler, training or transform.")
    ] = None,
    assembly: Templates = None,
) -> None:
    """Estimate the cost per month without any run, and of one run. Needs no credentials.

    Example: ./mlops --stage prod cost --endpoints 1 --minutes training=20
    """
    session: Session = context.obj
    prices = load_prices()
    lasting = {**prices.minutes, **_minutes(minutes or [], prices)}
    with assembly_of(session, assembly) as templates:
        chosen = model or templates.models[0]
        if chosen not in templates.models:
            raise Refused(f"no model {chosen!r}: the models are {', '.join(templates.models)}", Exit.NOT_FOUND)
        month = idle_items(templates, prices, endpoint_types(templates, endpoints))
        run = run_items(templates, prices, chosen, lasting)
        missing = not_priced(templates, prices)
    missing += [
        (item.item, int(item.count), "the price table has no such line") for item in month + run if item.usd is None
    ]
    document = {
        "region": prices.region,
        "currency": "USD",
        "month": _document(month),
        "run": {**_document(run), "model": chosen, "minutes": lasting},
        "not_priced": [{"item": item, "count": count, "depends_on": why} for item, count, why in missing],
        "sources": [vars(price) for price in prices.by_item.values()],
    }
    session.screen.result(
        document,
        table(f"per month, nothing running but endpoints: {_total(month):.2f} USD", COLUMNS, _rows(month)),
        table(f"\none run of {chosen}, its deployment included: {_total(run):.2f} USD", COLUMNS, _rows(run)),
        table("\nnot priced", ("item", "count", "depends on"), missing),
        _footnote(prices, lasting),
    )


def _minutes(texts: list[str], prices: Prices) -> dict[str, float]:
    given: dict[str, float] = {}
    for text in texts:
        step, _, value = text.partition("=")
        if step not in prices.minutes or not value.replace(".", "", 1).isdigit():
            raise Refused(f"--minutes {text}: write STEP=N with a step of {', '.join(prices.minutes)}", Exit.USAGE)
        given[step] = float(value)
    return given


def _total(items: list[Item]) -> float:
    return sum(item.usd or 0.0 for item in items)


def _rows(items: list[Item]) -> list[tuple[object, ...]]:
    return [
        (
            item.item,
            f"{item.count:g}",
            f"{item.quantity:.4g} {item.unit}",
            "not priced" if item.usd_each is None else f"{item.usd_each:g}",
            "not priced" if item.usd is None else f"{item.usd:.4f}" if item.usd < 0.01 else f"{item.usd:.2f}",
        )
        for item in items
    ]


def _document(items: list[Item]) -> dict[str, Any]:
    return {"usd": round(_total(items), 4), "items": [{**vars(item), "usd": item.usd} for item in items]}


def _footnote(prices: Prices, lasting: dict[str, float]) -> str:
    known = sorted({price.known for price in prices.by_item.values()})
    times = ", ".join(f"{step} {value:g}" for step, value in lasting.items())
    return (
        f"\nList prices of {prices.region} as known in {', '.join(known)}, without free tier: check them at the"
        f" sources in commands/prices.toml. A run is taken to last, in minutes: {times} (--minutes STEP=N)."
    )

"""`mlops predict`: ask the endpoint."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from commands.arguments import Name
from commands.errors import Exit, Refused, code_of
from commands.platform import Model, Platform
from commands.request_rows import RequestRow, batches, rows_of_file, rows_of_options
from commands.session import Session

JSON_LINES = "application/jsonlines"


def predict(
    context: typer.Context,
    model: Name,
    file: Annotated[str | None, typer.Argument(metavar="[FILE|-]", help="CSV or JSON Lines; - is stdin.")] = None,
    row: Annotated[list[str] | None, typer.Option("--row", help="One row as JSON; may be repeated.")] = None,
) -> None:
    """Ask the endpoint for predictions: one JSON line per row.

    A CSV file may have the model's header and its target. A row that the contract refuses ends it: nothing of its
    request (up to 1,000 rows) was predicted.

    Example: ./mlops predict MODEL --row '{"age": 39, "hours": 40}'
    """
    session: Session = context.obj
    platform = Platform(session)
    chosen = platform.model(model)
    if (file is None) == (not row):
        raise Refused("give a FILE (or - for stdin), or --row, and not both", Exit.USAGE)
    rows = rows_of_options(row) if row else rows_of_file(platform.contract(chosen), _read(str(file)))
    answers: list[dict[str, Any]] = []
    for batch in batches(rows):
        got = _invoke(session, chosen, batch)
        answers += got
        if not session.screen.as_json:
            session.screen.result(None, *(json.dumps(answer, ensure_ascii=False) for answer in got))
    if session.screen.as_json:
        session.screen.result({"model": model, "predictions": answers})


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    path = Path(file)
    if not path.is_file():
        raise Refused(f"{file} is not a file that can be read", Exit.USAGE)
    return path.read_bytes()


def _invoke(session: Session, model: Model, batch: list[RequestRow]) -> list[dict[str, Any]]:
    body = b"".join(row.text + b"\n" for row in batch)
    try:
        answer = session.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=model.endpoint, ContentType=JSON_LINES, Accept=JSON_LINES, Body=body
        )
    except ClientError as error:
        raise _refusal(error, model, batch) or error from None
    return [json.loads(line) for line in answer["Body"].read().decode().splitlines()]


def _refusal(error: ClientError, model: Model, batch: list[RequestRow]) -> Refused | None:
    """The endpoint's refusal, in the words of the model's contract; None for what is no answer of the model."""
    if code_of(error) == "ModelError":
        status = error.response.get("OriginalStatusCode")
        explained = _explained(str(error.response.get("OriginalMessage", "")))
        if status == 400 and explained:
            number = explained.get("row")
            place = f"line {batch[number - 1].line}" if number else "the request"
            column = f", column '{explained['column']}'" if explained.get("column") else ""
            return Refused(f"{place}{column}: {explained['reason']}")
        return Refused(f"the model answered with status {status}: `./mlops logs {model.name} --endpoint` shows why")
    if code_of(error) == "ValidationError" and "not found" in str(error):
        return Refused(
            f"{model.name} has no endpoint yet: `./mlops runs {model.name}` shows if one is made", Exit.NOT_FOUND
        )
    return None


def _explained(body: str) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value.get("error") if isinstance(value, dict) else None

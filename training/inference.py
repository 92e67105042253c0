"""Entry point of serving: the four functions that the image calls, at the endpoint and in batch transform."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from contract.model import Contract
from training import archive
from training.answers import Answer, answer, choose_media_type, write_answers
from training.boosted import Boosted
from training.linear import Linear
from training.request_rows import Invalid, Item, read_request

BATCH_VARIABLE = "PLATFORM_BATCH"
Model = tuple[Contract, Boosted | Linear]


def model_fn(model_dir: str) -> Model:
    """Load the model once per worker."""
    return archive.load(Path(model_dir))


def input_fn(body: str | bytes, content_type: str) -> Iterable[Item] | Invalid:
    """Never raises: an exception here would be answered with 500 and could roll a good model back."""
    return read_request(body, content_type)


def predict_fn(request: Iterable[Item] | Invalid, model: Model) -> list[Answer] | Invalid:
    """Answers, or what is wrong with the first bad row."""
    if isinstance(request, Invalid):
        return request
    contract, candidate = model
    return answer(contract, candidate, request, batch=os.environ.get(BATCH_VARIABLE) == "1")


def output_fn(result: list[Answer] | Invalid, accept: str) -> Any:
    """The response, with status 4xx for what the client can mend."""
    media_type = choose_media_type(accept)
    if media_type is None:
        result = Invalid(
            f"answers are written as application/json or application/jsonlines, not as {accept!r}", status=406
        )
    if isinstance(result, Invalid):
        return _response(result.body(), result.status, "application/json")
    return _response(write_answers(result, str(media_type)), 200, str(media_type))


def _response(body: str, status: int, media_type: str) -> Any:
    # Found when it is needed: only the image has the toolkit, and this file must be importable without it.
    toolkit = importlib.import_module("sagemaker_containers.beta.framework")
    return toolkit.worker.Response(body, status=status, mimetype=media_type)

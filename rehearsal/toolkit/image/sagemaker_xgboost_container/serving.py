"""The image's serving entry point in script mode: a WSGI application around the user's functions."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable
from typing import Any

from sagemaker_containers.beta.framework import (  # pyright: ignore[reportMissingImports]
    encoders,
    env,
    transformer,
    worker,
)

HANDLERS = ("input_fn", "predict_fn", "output_fn")

_application: Any = None
_starting = threading.Lock()


class UserError(Exception):
    """The user's module cannot be served."""


def main(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The goal of SAGEMAKER_SERVING_MODULE. Each worker loads the model at its first request, as in the image."""
    global _application
    # Impatient pings must not load the model side by side.
    with _starting:
        if _application is None:
            _application = _create_application()
    return _application(environ, start_response)


def user_transformer(module: Any) -> Any:
    """The toolkit's transformer with the functions that the user's module has."""
    functions = {name: getattr(module, name, None) for name in (*HANDLERS, "transform_fn")}
    model_fn = getattr(module, "model_fn", transformer.default_model_fn)
    transform_fn = functions.pop("transform_fn")
    if transform_fn is not None:
        if any(functions.values()):
            raise UserError("Cannot use transform_fn implementation with input_fn, predict_fn, and/or output_fn")
        return transformer.Transformer(model_fn=model_fn, transform_fn=transform_fn)
    if functions["input_fn"] is None:
        raise UserError("the rehearsal has no default input_fn (the image's makes a DMatrix): write one")
    return transformer.Transformer(
        model_fn=model_fn,
        input_fn=functions["input_fn"],
        predict_fn=functions["predict_fn"] or _default_predict_fn,
        output_fn=functions["output_fn"] or _default_output_fn,
    )


def _create_application() -> Any:
    settings = env.ServingEnv()
    if settings.module_name is None:
        raise UserError("the rehearsal plays script mode only: set SAGEMAKER_PROGRAM in the container's environment")
    # The toolkit's server has installed the module before it started the workers.
    module = importlib.import_module(settings.module_name)
    served = user_transformer(module)
    served.initialize()
    return worker.Worker(transform_fn=served.transform, module_name=settings.module_name)


def _default_predict_fn(input_data: Any, model: Any) -> Any:
    return model.predict(input_data, validate_features=False)


def _default_output_fn(prediction: Any, accept: str) -> Any:
    return worker.Response(encoders.encode(prediction, accept), mimetype=accept)

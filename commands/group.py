"""The end of every command: expected errors become one line and an exit code."""

import json
import os
import sys
from typing import Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from typer.core import TyperGroup

from commands.errors import Exit, Refused, explain

INTERRUPTED = "interrupted: what was started on AWS goes on; `./mlops runs` shows it"


class Commands(TyperGroup):
    """Typer's group, with our ending; the one place where exceptions are turned into words."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except Refused as refused:
            return _end(ctx, refused)
        except (BotoCoreError, ClientError) as error:
            return _end(ctx, explain(error))
        except KeyboardInterrupt:
            return _end(ctx, Refused(INTERRUPTED, Exit.INTERRUPTED))
        except BrokenPipeError:
            # Whoever read the output (head, less) has seen enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.OK) from None


def _end(ctx: Any, refused: Refused) -> None:
    sys.stderr.write(f"mlops: {refused.message}\n")
    if ctx.params.get("as_json"):
        sys.stdout.write(json.dumps({"error": refused.message, "exit_code": int(refused.code)}) + "\n")
    raise typer.Exit(int(refused.code))

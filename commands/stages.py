"""The stages that the working copy knows, read from config/environments.py without running it."""

import ast
from pathlib import Path

from commands.errors import Exit, Refused
from commands.rehearsed import REHEARSED_STAGES, ROOT

ENVIRONMENTS = ROOT / "config" / "environments.py"


def known_stages(path: Path = ENVIRONMENTS) -> tuple[str, ...]:
    """Every `stage="..."` in the order of their names, those of rehearsals last; none of a file that is no Python."""
    try:
        tree = ast.parse(path.read_text())
    except (OSError, SyntaxError):
        return ()
    keywords = [node for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "stage"]
    values = [node.value.value for node in keywords if isinstance(node.value, ast.Constant)]
    return tuple(sorted(map(str, values), key=lambda stage: (stage in REHEARSED_STAGES, stage)))


def check_stage(stage: str, known: tuple[str, ...]) -> None:
    """Stop at a misspelled stage before anything is asked of AWS.

    Raises:
        Refused: naming the stages that there are.
    """
    if known and stage not in known:
        raise Refused(f"there is no stage {stage!r}; config/environments.py has {', '.join(known)}", Exit.USAGE)

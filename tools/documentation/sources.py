"""The description of each field of a class in its source: its text under the field."""

import ast
from pathlib import Path
from types import ModuleType


def class_documentation(module: ModuleType) -> dict[str, tuple[str, dict[str, str]]]:
    """By class: its docstring, and the docstring of each of its fields that has one."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    return {
        node.name: (ast.get_docstring(node) or "", _fields(node.body))
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def _fields(body: list[ast.stmt]) -> dict[str, str]:
    found = {}
    for field, following in zip(body, body[1:], strict=False):
        match field, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = " ".join(text.split())
    return found

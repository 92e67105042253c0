"""The package is shipped to four places: it may need nothing that one of them lacks."""

import ast
import sys
from pathlib import Path

import contract

FOLDER = Path(str(contract.__file__)).parent


def test_the_contract_package_needs_only_the_standard_library() -> None:
    foreign = set[str]()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(), feature_version=(3, 11))):
            if isinstance(node, ast.Import):
                foreign |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                foreign.add(str(node.module).split(".")[0])

    assert foreign - set(sys.stdlib_module_names) == {"contract"}


def test_the_package_is_flat_so_that_every_copy_takes_all_of_it() -> None:
    assert [path for path in FOLDER.iterdir() if path.is_dir() and path.name != "__pycache__"] == []

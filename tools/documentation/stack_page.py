"""One page for each stack."""

import ast
import importlib
import typing
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from config.settings import PlatformConfig
from tools.documentation.architecture import crossings
from tools.documentation.assembly import Platform
from tools.documentation.differences import differences
from tools.documentation.figures import figure_sections
from tools.documentation.markdown import code, codes, page, section, table
from tools.documentation.permissions import resource_policy_table, role_tables, trust_table
from tools.documentation.phrases import phrase

ROOT = Path(__file__).resolve().parents[2]
HANDED_OVER = ("PublishOutput", "ExportsOutput")


def stack_page(dev: Platform, prod: Platform, module: str) -> str:
    """docs/reference/stacks/<module>.md: what prod has, and where dev differs."""
    source = f"stacks/{module.replace('-', '_')}_stack.py"
    return page(
        f"The {module} stack",
        f"{source} and the synthesized assembly",
        _purpose(ROOT / source),
        f"Made in [{source}](../../../{source}), deployed as {code(f'mlops-<stage>-{module}')}. "
        f"Settings that shape it: {_settings(module)}. Tables show prod; one model stands for all.",
        section("What it is given", table(["By", "What"], _inputs(prod, module))),
        section("What it owns", table(["Type", "Which"], _owned(prod, module))),
        section("Roles that stand here", trust_table(prod, module)),
        *figure_sections(prod, module),
        section("Outputs", table(["Output", "Value"], _outputs(prod, module))),
        section("What it allows", role_tables(prod, module)),
        section("Policies of resources", resource_policy_table(prod, module)),
        section("What stays when prod is destroyed", _kept(prod, module)),
        section("Where dev and prod differ", _differences(dev, prod, module)),
    )


def _purpose(source: Path) -> str:
    tree = ast.parse(source.read_text())
    stack = next(node for node in tree.body if isinstance(node, ast.ClassDef))
    return "\n\n".join(text for text in (ast.get_docstring(tree), ast.get_docstring(stack)) if text)


def _settings(module: str) -> str:
    """The parts of the configuration that the stack's constructor asks for."""
    loaded = importlib.import_module(f"stacks.{module.replace('-', '_')}_stack")
    stack = next(value for name, value in vars(loaded).items() if name.endswith("Stack") and name != "Stack")
    asked = typing.get_type_hints(stack.__init__).values()
    parts = {kind: name for name, kind in typing.get_type_hints(PlatformConfig).items()}
    names = [parts[kind] for kind in asked if isinstance(kind, type) and kind in parts and kind is not str]
    return ", ".join(f"[{code(name)}](../settings.md#{name})" for name in names)


def _inputs(platform: Platform, module: str) -> Iterator[Sequence[str]]:
    for source, words in crossings(platform, module).items():
        yield [f"[{code(source)}]({source}.md)", codes(words) or "nothing by reference: order only"]


def _owned(platform: Platform, module: str) -> Iterator[Sequence[str]]:
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, body in platform.resources(module):
        names[body["Type"]].append(name)
    for kind in sorted(names):
        yield [code(kind), codes(names[kind])]


def _outputs(platform: Platform, module: str) -> Iterator[Sequence[str]]:
    for name, output in platform.stacks[module].outputs.items():
        if not name.startswith(HANDED_OVER) and not platform.is_of_another_model(name):
            yield [code(platform.general(name)), code(phrase(platform, module, output["Value"]))]


def _kept(platform: Platform, module: str) -> str:
    kept = [name for name, body in platform.resources(module) if body.get("DeletionPolicy") == "Retain"]
    return codes(kept) if kept else "Nothing."


def _differences(dev: Platform, prod: Platform, module: str) -> str:
    rows = list(differences(dev, prod, module))
    return table(["Resource", "Property", "dev", "prod"], rows) if rows else "Nowhere."

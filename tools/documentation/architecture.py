"""The eight stacks and what crosses each arrow between them."""

from collections.abc import Iterator
from typing import Any

from tools.documentation.assembly import Platform
from tools.documentation.markdown import code, codes, mermaid, page, section, table
from tools.documentation.phrases import phrase, referenced, references


def architecture_page(platform: Platform) -> str:
    """docs/reference/architecture.md."""
    return page(
        "The stacks and the arrows between them",
        "the synthesized assembly",
        "An arrow leads from a stack that is needed to the one that needs it, so it is also the order of deployment; "
        "`cdk destroy` goes the other way. The data flow of a run is drawn in [architecture](../architecture.md).",
        mermaid(_diagram(platform)),
        section("The stacks", table(["Stack", "Needs", "Resources for two models"], _stacks(platform))),
        section(
            "What crosses each arrow",
            "What is held is an export: it can neither change nor go while it is used. All else is looked up when the "
            "stack is deployed ([ADR 11](../adr/0011-what-is-never-replaced-is-held-the-rest-is-looked-up.md)).",
            table(["From", "To", "What"], _arrows(platform)),
        ),
    )


def crossings(platform: Platform, module: str) -> dict[str, list[str]]:
    """The constructs that a stack takes from each stack it needs, by the names of constructs."""
    found: dict[str, set[str]] = {needed: set() for needed in platform.stacks[module].needs}
    for reference in references([platform.stacks[module].template]):
        source, value, strength = referenced(platform, reference)
        words = _crossing(platform, source, value)
        if not platform.is_of_another_model(words):
            found[source].add(f"{words} (held)" if strength == "strong" else words)
    return {source: sorted(words) for source, words in found.items()}


def _crossing(platform: Platform, source: str, value: Any) -> str:
    """Something handed on keeps the name it has in the stack that it comes from."""
    for name, output in platform.stacks[source].outputs.items():
        if output["Value"] == value and not name.startswith(("PublishOutput", "ExportsOutput")):
            return platform.general(name)
    return phrase(platform, source, value)


def _diagram(platform: Platform) -> Iterator[str]:
    yield "flowchart LR"
    for module in platform.stacks:
        yield f'  {module.replace("-", "_")}["{module}"]'
    for module, stack in platform.stacks.items():
        for needed in stack.needs:
            yield f"  {needed.replace('-', '_')} --> {module.replace('-', '_')}"


def _stacks(platform: Platform) -> Iterator[list[str]]:
    for module, stack in platform.stacks.items():
        count = str(len(stack.resources))
        yield [f"[{code(module)}](stacks/{module}.md)", ", ".join(stack.needs), count]


def _arrows(platform: Platform) -> Iterator[list[str]]:
    for module in platform.stacks:
        for source, words in crossings(platform, module).items():
            yield [code(source), code(module), codes(words) or "nothing by reference: order only"]

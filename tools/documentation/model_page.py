"""Every key of a model's file."""

from collections.abc import Iterator, Mapping

from config import gate_rules, model_file
from config.model_file import ModelFile
from tools.documentation.markdown import code, codes, page, section, table
from tools.documentation.schema_words import Schema, kind, limits
from tools.documentation.sources import class_documentation

HEADINGS = ("Key", "What it is", "Value", "Allowed", "Default")


def model_page() -> str:
    """docs/reference/model-keys.md."""
    gates = ([code(name), codes(gates)] for name, gates in gate_rules.GATES.items())
    return page(
        "Keys of a model's file",
        "config/model_file.py, config/model_rules.py and the files of rules beside it",
        "A model is a file in [config/models](../../config/models); [models](../models.md) explains it with an "
        "example. A mistake stops the synth with one line: file, key, value, what is allowed. Instance types are "
        "those of [config/instance_types.py](../../config/instance_types.py).",
        *_sections(),
        section("Gates by problem", "What may stand under `[gates]`.", table(["Problem", "Gates"], gates)),
    )


def _sections() -> Iterator[str]:
    """One section for the file, then one for each table in it, in the file's order."""
    schema = ModelFile.model_json_schema()
    tables = {"ModelFile": schema, **_tables(schema, schema["$defs"])}
    documented = class_documentation(model_file)
    for name, content in tables.items():
        docstring, descriptions = documented[name]
        rows = (
            [code(key), descriptions.get(key, ""), kind(value), limits(value), _default(key, value, content)]
            for key, value in content["properties"].items()
        )
        title, _, purpose = docstring.rpartition(": ")
        sentence = purpose[:1].upper() + purpose[1:]
        yield section(code(title) if title else "At the top", sentence, table(HEADINGS, rows))


def _tables(content: Schema, definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    """The tables inside of a table, each with those inside of it."""
    found: dict[str, Schema] = {}
    for value in content["properties"].values():
        for name in _references(value):
            found |= {name: definitions[name], **_tables(definitions[name], definitions)}
    return found


def _references(value: Schema) -> Iterator[str]:
    for part in (value, value.get("items", {}), *value.get("anyOf", [])):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]


def _default(key: str, value: Schema, content: Schema) -> str:
    if key in content.get("required", []):
        return "required"
    match value.get("default"):
        case None:
            return "none"
        case dict() as table_default:
            return "its defaults" if table_default else "empty"
        case bool() as truth:
            return code(str(truth).lower())
        case default:
            return code(repr(default))

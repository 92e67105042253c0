"""The runbook has a section for each alarm, message and failing end, and none for what is gone."""

import re

from tests.docs.refresh import platform
from tests.synth import ROOT
from tools.documentation.machines import FAILED, KINDS, read_machine

TEXT = (ROOT / "docs" / "runbook.md").read_text()
PARTS = ("Means", "Look", "Do", "Over")


def chapter(title: str) -> dict[str, str]:
    """The sections of one chapter, by their headings."""
    body = TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    sections = body.split("\n### ")[1:]
    return {section.partition("\n")[0].strip("`"): section.partition("\n")[2] for section in sections}


def test_every_alarm_has_a_section_and_every_section_an_alarm() -> None:
    alarms = {
        name.rpartition("/")[2]
        for module in platform("prod").stacks
        for name, _body in platform("prod").resources(module, "AWS::CloudWatch::Alarm")
    }

    assert alarms, "the assembly has no alarm"
    assert set(chapter("Alarms")) == alarms


def test_every_end_that_people_are_told_of_has_a_section() -> None:
    told = {
        status
        for _name, body in platform("prod").resources("monitoring", "AWS::Events::Rule")
        for status in body["Properties"]["EventPattern"].get("detail", {}).get("status", [])
    }

    assert set(chapter("Messages about executions")) == told


def test_every_section_says_what_it_means_what_to_look_at_what_to_do_and_when_it_is_over() -> None:
    for title in ("Alarms", "Messages about executions"):
        for heading, section in chapter(title).items():
            assert re.findall(r"^- \*\*(\w+)\.\*\*", section, re.MULTILINE) == list(PARTS), heading


def test_every_failing_end_of_a_machine_is_explained() -> None:
    ends = {
        name
        for kind in KINDS
        for name, state in read_machine(platform("prod"), kind).states.items()
        if state["Type"] == "Fail" and name != FAILED
    }

    assert sorted(end for end in ends if f"`{end}`" not in TEXT) == []

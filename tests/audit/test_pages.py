"""The pages that people read are those of the tables."""

from pathlib import Path

import pytest

from tests.audit.pages import PAGES, renewed


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_page_is_made_from_the_tables_as_they_are(path: Path) -> None:
    assert path.read_text() == renewed(path), f"{path.name} is out of date: python -m tests.audit.pages"

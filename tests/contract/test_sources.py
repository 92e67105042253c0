"""Names of uploads and rows."""

from contract.sources import row_id, source_id


def test_the_same_content_under_the_same_key_has_the_same_name() -> None:
    assert source_id("raw/churn/a b.csv", '"abc"', 7) == source_id("raw/churn/a b.csv", "abc", 7)


def test_another_key_content_or_size_has_another_name() -> None:
    names = {
        source_id(*upload) for upload in (("a", "x", 1), ("b", "x", 1), ("a", "y", 1), ("a", "x", 2), ("a\nx", "", 1))
    }

    assert len(names) == 5
    assert all(len(name) == 32 for name in names)


def test_a_row_is_named_after_its_source_and_line() -> None:
    assert row_id("0123456789abcdef" * 2, 17) == "0123456789ab-17"

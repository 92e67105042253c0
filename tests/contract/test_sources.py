"""Names of uploads and rows."""

from hypothesis import given
from hypothesis import strategies as st

from contract.sources import content_of, row_id, source_id


@given(st.binary(), st.integers(0, 100))
def test_the_same_bytes_under_the_same_key_have_the_same_name_however_they_come(data: bytes, cut: int) -> None:
    whole, parts = content_of([data]), content_of([data[:cut], b"", data[cut:]])

    assert source_id("raw/churn/a b.csv", whole) == source_id("raw/churn/a b.csv", parts)


def test_another_key_or_content_has_another_name() -> None:
    uploads = [(key, content_of([data])) for key in ("a", "b") for data in (b"", b"x", b"y", b"xx")]
    names = {source_id(*upload) for upload in uploads}

    assert len(names) == len(uploads)
    assert all(len(name) == 32 for name in names)


def test_a_row_is_named_after_its_source_and_line() -> None:
    assert row_id("0123456789abcdef" * 2, 17) == "0123456789ab-17"

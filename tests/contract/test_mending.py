"""Quarantined lines can be mended: no byte is lost on the way back into a file."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.files import check_head
from contract.intake import original, read_line
from contract.lines import BYTE_ORDER_MARK, split_line
from contract.mending import mended_file
from contract.model import Column, Contract
from tests.contract.examples import CHURN, HEADER, churn, churn_format

LINES = st.lists(
    st.tuples(st.sampled_from([b"", BYTE_ORDER_MARK]), st.binary(max_size=20), st.sampled_from([b"", b"\r", b"\r\r"]))
    .map(b"".join)
    .map(lambda line: line.replace(b"\n", b""))
)


def originals_of(content: bytes) -> list[bytes]:
    """The lines of a file as the quarantine would keep them."""
    return [original(line, number) for number, line in enumerate(content.split(b"\n"), 1)][:-1]


@given(LINES, st.booleans())
def test_reading_the_file_gives_back_the_same_bytes_below_the_contracts_header(
    lines: list[bytes], header: bool
) -> None:
    content = mended_file(churn_format(header=header), iter(lines))

    assert originals_of(content) == ([HEADER.rstrip()] if header else []) + lines


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_is_one_that_the_gate_and_the_job_accept(separator: str, encoding: str) -> None:
    plain = churn_format(separator=separator, encoding=encoding)
    names = ["Größe, innen; außen", 'in "cm"\tlong', *plain.names[2:]]
    columns = tuple(replace(column, name=name) for column, name in zip(plain.columns, names, strict=True))
    contract = replace(plain, columns=columns)
    row = separator.join(["42", "1.5", "plus", "Bern", "yes"]).encode()

    content = mended_file(contract, [row])

    assert check_head(contract, content, len(content), complete=True) == []
    assert read_line(contract, content.split(b"\n")[0], 1, "training").kind == "header"
    assert split_line(content.split(b"\n")[0], contract.format) == names


def test_names_that_need_no_quotes_have_none_and_a_format_without_quotes_gets_none() -> None:
    assert mended_file(CHURN, []) == HEADER
    odd = churn(columns=(Column('a"b', "text"), CHURN.columns[-1]))
    assert header_of(replace(odd, format=replace(odd.format, quote=""))) == b'a"b,left'


def header_of(contract: Contract) -> bytes:
    return mended_file(contract, []).splitlines()[0]

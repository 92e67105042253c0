"""From quarantined lines back to a file: a person mends it and uploads it again."""

from __future__ import annotations

from collections.abc import Iterable

from contract.lines import BYTE_ORDER_MARK
from contract.model import Contract, FileFormat


def mended_file(contract: Contract, originals: Iterable[bytes]) -> bytes:
    """A file of the model with these lines as they came, byte for byte, below the header that the contract asks for.

    Reading it gives back exactly the same lines, whatever they hold.
    """
    lines = list(originals)
    start = b""
    if contract.format.header:
        lines.insert(0, _header(contract))
    elif lines and lines[0].startswith(BYTE_ORDER_MARK):
        start = BYTE_ORDER_MARK  # The first mark of a file is taken away, and this one belongs to the line.
    return start + b"".join(line + _end(line) for line in lines)


def _end(line: bytes) -> bytes:
    """A carriage return before the line feed is taken away, so one that belongs to the line needs another."""
    return b"\r\n" if line.endswith(b"\r") else b"\n"


def _header(contract: Contract) -> bytes:
    return contract.format.separator.join(_cell(name, contract.format) for name in contract.names).encode(
        contract.format.encoding
    )


def _cell(name: str, file_format: FileFormat) -> str:
    quote = file_format.quote
    if quote and (quote in name or file_format.separator in name):
        return quote + name.replace(quote, quote + quote) + quote
    return name

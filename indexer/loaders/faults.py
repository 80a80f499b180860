"""The boundary to the parsers of others: whatever they raise on bad input becomes a LoadError."""

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Iterator

from docx.opc.exceptions import OpcError
from lxml import etree  # type: ignore[import-untyped]

from indexer.errors import LoadError

# Parsers of hostile input raise nearly every built-in error (a missing attribute of a missing element is an
# AttributeError, a lying offset an IndexError); the list leaves out only what is never the file's fault.
PARSER_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError, TypeError,
    ValueError, etree.LxmlError, OpcError, struct.error, zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error,
)  # fmt: skip


EXPORT_AGAIN = "export or download it again"


@contextlib.contextmanager
def reading(place: str, kind: str) -> Iterator[None]:
    """Turns what a parser raises inside into `LoadError(place, …)`; `kind` names the format for the message."""
    try:
        yield
    except PARSER_FAULTS as fault:
        detail = " ".join(str(fault).split())[:120] or "no detail"
        raise LoadError(place, f"broken {kind}: {type(fault).__name__}: {detail}; {EXPORT_AGAIN}") from fault

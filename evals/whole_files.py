"""Files that appear whole or not at all."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, or put it in the place of an older one; interrupted at any moment, the older one is still there.

    The folder must exist. Raises OSError as writing does.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.writing")  # hidden: an index build passes it over
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

"""Names of files that others have chosen, as they may be shown and saved."""

import re

from channels.text import one_line

MAX_FILENAME = 200
_FOLDERS = re.compile(r"[/\\:]+")


def safe_filename(name: str, fallback: str) -> str:
    """Return `name` without folders or control characters, cut with its extension kept."""
    name = one_line(_FOLDERS.sub("_", name[:2_000]), 1_000).strip(". ")
    if len(name) <= MAX_FILENAME:
        return name or fallback
    stem, dot, extension = name.rpartition(".")
    return f"{stem[:180]}{dot}{extension[:19]}"

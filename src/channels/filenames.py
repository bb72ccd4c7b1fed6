"""Names of files that others have chosen, as they may be shown and saved."""

import re

from channels.text import one_line

MAX_FILENAME = 200
MAX_BYTES = 240
"""In UTF-8; file systems take 255."""

_FOLDERS = re.compile(r"[/\\]+")
_UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\Z", re.IGNORECASE)


def safe_filename(name: str, fallback: str) -> str:
    """Return `name` without folders and characters that hide what it is, and not too long.

    Left out are controls, those of the direction of writing, which can show an `exe.jpg` where a
    `gpj.exe` is (Unicode Technical Report 36), and what has no width. A name that Windows keeps for
    a device gets an underscore; the extension stays where a name is cut.
    """
    name = _UNSEEN.sub("", _FOLDERS.sub("_", name[:2_000]))
    name = one_line(name, 1_000).strip(". ")
    if _RESERVED.match(name.partition(".")[0].rstrip()):
        name = f"_{name}"
    return _cut(name) or fallback


def _cut(name: str) -> str:
    if len(name) <= MAX_FILENAME and len(name.encode()) <= MAX_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 19 or len(extension.encode()) > 40:
        stem, dot, extension = name, "", ""
    room = MAX_BYTES - len(f"{dot}{extension}".encode())
    kept = stem[: MAX_FILENAME - 20].encode()[:room].decode(errors="ignore")
    return f"{kept.rstrip('. ')}{dot}{extension}"

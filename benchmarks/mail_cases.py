"""Cases of a manifest: real input with known answers, one JSON object a line.

A case has `id`, `kind`, `input_type`, and `file`: a path or a list of paths beside the manifest.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

KINDS = frozenset({"mime", "reply", "bounce", "auto_reply", "thread"})
INPUTS = frozenset({"mime", "mime_set", "text", "html", "form", "form_set"})

_RETURN_PATH = re.compile(rb"(?im)^return-path:[ \t]*<?([!-~]*?)>?[ \t]*\r?$")
_FROM = re.compile(rb"(?im)^from:[^\r\n]*?([\w.+-]{1,64}@[a-z0-9.-]{1,200}[a-z0-9])")
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,200}")
_HEAD = 65_536


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the manifest; `files` are absolute."""

    id: str
    kind: str
    input_type: str
    files: tuple[Path, ...]

    @property
    def is_form(self) -> bool:
        return self.input_type in {"form", "form_set"}

    @property
    def is_thread(self) -> bool:
        """Whether what counts is which conversations the deliveries come to."""
        return self.kind == "thread"

    def mails(self) -> list[bytes]:
        """The raw mails of the case, in the order of their delivery."""
        raw = [file.read_bytes() for file in self.files]
        if self.input_type in {"text", "html"}:
            return [wrapped(body.decode("utf-8", "replace"), self.input_type) for body in raw]
        return raw

    def forms(self) -> list[dict[str, str]]:
        """The posts of the case, each the fields of one, in the order of their delivery."""
        found = [json.loads(file.read_text()) for file in self.files]
        posts = [post for each in found for post in each.get("posts", [each])]
        return [post.get("form", post) for post in posts]


def read_cases(manifest: Path) -> Iterator[Case]:
    """Yield the cases that can be delivered through a door; others are passed over."""
    for line in manifest.read_text().splitlines():
        case: dict[str, Any] = json.loads(line) if line.strip() else {}
        if case.get("kind") in KINDS and case["input_type"] in INPUTS:
            named = case["file"] if isinstance(case["file"], list) else [case["file"]]
            files = tuple(manifest.resolve().parent / name for name in named)
            yield Case(case["id"], case["kind"], case["input_type"], files)


def wrapped(body: str, input_type: str) -> bytes:
    """A simple mail around a body."""
    mail = EmailMessage()
    mail["From"] = "Alice <alice@example.com>"
    mail["To"] = "support@example.org"
    mail["Subject"] = "A question"
    mail["Message-ID"] = make_msgid(domain="example.com")
    subtype = "html" if input_type == "html" else "plain"
    mail.set_content(body, subtype=subtype, cte="base64")
    return mail.as_bytes()


def sender_of(raw: bytes) -> str:
    """The envelope's sender: what `Return-Path` has kept of it, else the author's address."""
    head = raw[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    kept = _RETURN_PATH.search(head)
    if kept and not kept[1]:
        return ""
    for found in (kept, _FROM.search(head)):
        if found and _ADDRESS.fullmatch(address := found[1].decode("ascii", "replace")):
            return address
    return "alice@example.com"

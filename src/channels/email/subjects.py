"""What a subject says of its thread: the base subject (RFC 5256 section 2.1), in many languages."""

import re
from dataclasses import dataclass
from typing import Final

_REPLY: Final = (
    "re r rif ref res antw aw antwort sv vs odp od ynt atb hv na haw ha abh se svar vast "
    "回复 回覆 答复 答覆 返信 回信 회신 답장 отв ответ"
)
_FORWARD: Final = (
    "fw fwd wg weitergeleitet vb vl pd i inoltra tr rv enc doorst vidb vidarebefordra videresendt "
    "转发 轉寄 轉發 転送 전달 fs пересл"
)
_LONGEST_LABEL: Final = 40

# A marker such as "Re:", "RE[2]:", "Aw (3):", perhaps behind a mailing list's "[name]".
_MARKER: Final = re.compile(r"\s*(\w{1,20})\s{0,2}(?:[\[(^]\s?\d{1,4}[\])]?)?\s{0,2}[:\uff1a]")
_LABEL: Final = re.compile(rf"\s*\[[^\[\]]{{0,{_LONGEST_LABEL}}}\]")


@dataclass(frozen=True, slots=True)
class Subject:
    """`base` is in lower case with single spaces, possibly empty; `is_reply` if marked as one."""

    base: str
    is_reply: bool


_REPLIES: Final = frozenset(_REPLY.split())
_MARKERS: Final = _REPLIES | frozenset(_FORWARD.split())


def parse_subject(subject: str) -> Subject:
    """Take the markers off a subject, in time linear to its length."""
    rest, is_reply = _unlabelled(subject), None
    while (marker := _MARKER.match(rest)) and marker[1].casefold() in _MARKERS:
        if is_reply is None:
            is_reply = marker[1].casefold() in _REPLIES
        rest = _unlabelled(rest[marker.end() :])
    return Subject(" ".join(rest.split()).casefold(), is_reply or False)


def _unlabelled(subject: str) -> str:
    label = _LABEL.match(subject)
    rest = subject[label.end() :] if label else subject
    return rest if rest.strip() else subject

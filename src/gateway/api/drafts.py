"""What agents say, as it comes in: text, HTML, files, or a macro."""

import asyncio
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from channels.email.display import displayable
from channels.email.html import html_to_text
from gateway.api.callers import Parts
from gateway.api.texts import LanguageTag, Text
from gateway.conversations.messages import Draft
from gateway.problems import invalid


class Say(BaseModel):
    """Text, HTML or files. `attachments` are ids of uploads (POST /v1/attachments).

    `html` loses what could run or hide; images that come along are named by `cid:` and the
    `content_id` of an upload. Where it comes alone, the text is made of it. Channels other than
    mail carry the text.
    """

    text: Annotated[
        Text | None, Field(max_length=100_000, examples=["We have found your parcel."])
    ] = None
    html: Annotated[Text | None, Field(max_length=200_000)] = None
    attachments: Annotated[list[UUID], Field(max_length=20)] = []


class Reply(Say):
    """What an agent says, or a macro does.

    With a `macro` and no words, its text is sent, in `language` or the conversation's; with both,
    the words are sent as they are. What the macro does beside is done either way.
    """

    macro: UUID | None = None
    language: LanguageTag | None = None


async def drafted(gateway: Parts, body: Say, *, may_be_empty: bool = False) -> Draft:
    """Raises Problem 422 where nothing is said, unless it `may_be_empty`."""
    html, made = await asyncio.to_thread(_safe, body.html or "")
    if not (body.text or html or body.attachments or may_be_empty):
        raise invalid("nothing is said", [("/text", "is required without html and attachments")])
    return Draft(
        text=body.text or made,
        html=html,
        files=tuple(dict.fromkeys(body.attachments)),
        most_bytes=gateway.settings.max_files_bytes,
    )


def _safe(html: str) -> tuple[str | None, str]:
    """Return HTML as it may be shown, with its text; in a thread, for long HTML takes its time."""
    safe = displayable(html, remote_images=True) if html else None
    return safe, html_to_text(safe) if safe else ""

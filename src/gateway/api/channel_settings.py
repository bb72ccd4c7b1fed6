"""What a channel may be told: the names of its settings, and what some of them must look like."""

import re
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import is_email, normalise_email, normalise_phone
from channels.contract import Adapter, Kind
from channels.email.signing import (
    PRIVATE_KEY,
    SELECTOR,
    SELECTOR_FORM,
    is_selector,
    private_key,
)
from channels.form_fields import InvalidFields, read_fields
from gateway.answers.wanting import ACKNOWLEDGEMENT, OFF
from gateway.database.schema import Channel
from gateway.delivery.pace import FASTEST, WINDOWS_S, limit_of
from gateway.macros.using import present_macro
from gateway.problems import invalid
from routing.problems import below

CONTINUE_HOURS = "continue_hours"
REPLY_CHANNEL = "reply_channel"
REPLY_TAGS = "reply_tags"
LONGEST_CONTINUATION_H = 8_760.0

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11}")
"""E.164, a short code, or an alphanumeric sender."""

Mistakes = list[tuple[str, str]]
Changes = Mapping[str, str | None]


def setting_names(adapter: Adapter) -> frozenset[str]:
    """The adapter's own names and those that the gateway reads.

    `continue_hours`: how long after the last message another one still speaks of the same matter.
    `reply_channel`: the id of the email channel that answers a form's submissions, and sends a
    chat's transcripts.
    `reply_tags`: `on` where the mailbox takes sub-addresses (`support+tag@`, RFC 5233): answers
    then ask to be answered at one, which finds the conversation without any header.
    `acknowledgement`: the id of the macro that answers first messages, in place of the
    workspace's; `off` for none.
    `max_per_second`, `max_per_minute`: how many tries of sending the provider bears.
    """
    return adapter.settings | {CONTINUE_HOURS, ACKNOWLEDGEMENT} | _OF_KIND.get(adapter.kind, set())


_OF_KIND: Mapping[Kind, set[str]] = {
    "web_form": {REPLY_CHANNEL},
    "email": {REPLY_TAGS, *WINDOWS_S},
    "sms": {*WINDOWS_S},
    "chat": {REPLY_CHANNEL},
}


def merged(former: Mapping[str, str], changes: Changes) -> dict[str, str]:
    """RFC 7396: what is null goes, what is not named stays."""
    values = {**former, **changes}
    return {name: value for name, value in values.items() if value is not None}


async def check(
    session: AsyncSession, workspace_id: int, adapter: Adapter, settings: Changes, secrets: Changes
) -> None:
    """Raises Problem 422 with every mistake."""
    mistakes = [
        *_unknown("/settings", settings, setting_names(adapter)),
        *_unknown("/secrets", secrets, adapter.secrets),
        *_continuation(settings.get(CONTINUE_HOURS)),
        *_switch(REPLY_TAGS, settings.get(REPLY_TAGS)),
        *_limits(settings),
        *(_form(settings) if adapter.kind == "web_form" else []),
        *_signing(settings.get(SELECTOR), secrets.get(PRIVATE_KEY)),
        *_online(settings.get("online")),
    ]
    if (
        REPLY_CHANNEL in setting_names(adapter)
        and (reply := settings.get(REPLY_CHANNEL)) is not None
    ):
        mistakes += await _reply_channel(session, workspace_id, reply)
    mistakes += await _acknowledgement(session, workspace_id, settings.get(ACKNOWLEDGEMENT))
    if mistakes:
        raise invalid("the channel has mistakes", mistakes)


def _unknown(pointer: str, given: Changes, known: frozenset[str]) -> Mistakes:
    names = ", ".join(sorted(known)) or "none"
    return [
        (below(pointer, name), f"unknown; this provider takes: {names}")
        for name in given
        if name not in known
    ]


def _switch(name: str, value: str | None) -> Mistakes:
    return [] if value in {None, "on", "off"} else [(below("/settings", name), "must be on or off")]


def _limits(settings: Changes) -> Mistakes:
    what = f"must be a number above 0 and at most {FASTEST:g}"
    return [
        (below("/settings", name), what)
        for name in WINDOWS_S
        if (value := settings.get(name)) is not None and limit_of(value) is None
    ]


def _signing(selector: str | None, pem: str | None) -> Mistakes:
    mistakes = []
    if selector and not is_selector(selector):
        mistakes.append((below("/settings", SELECTOR), SELECTOR_FORM))
    try:
        if pem:
            private_key(pem)
    except ValueError as error:
        mistakes.append((below("/secrets", PRIVATE_KEY), str(error)))
    return mistakes


def _continuation(hours: str | None) -> Mistakes:
    if hours is None:
        return []
    try:
        is_sound = 0 < float(hours) <= LONGEST_CONTINUATION_H
    except ValueError:
        is_sound = False
    what = f"must be a number of hours, above 0 and at most {LONGEST_CONTINUATION_H:g}"
    return [] if is_sound else [(f"/settings/{CONTINUE_HOURS}", what)]


def _online(value: str | None) -> Mistakes:
    """Whether a chat is answered: always, never, or while somebody follows the feed."""
    is_known = value in {None, "yes", "no", "agents"}
    return [] if is_known else [("/settings/online", "must be yes, no or agents")]


def _form(settings: Changes) -> Mistakes:
    """What a form is told about its fields and about those who abuse it."""
    mistakes: Mistakes = []
    if fields := settings.get("fields"):
        try:
            read_fields(fields)
        except InvalidFields as error:
            mistakes += [(f"/settings/fields{where}", what) for where, what in error.mistakes]
    for name, most in (("min_seconds", 60), ("submissions_per_minute", 10_000)):
        value = settings.get(name)
        if value is not None and not (value.isdecimal() and 1 <= int(value[:9]) <= most):
            mistakes.append((f"/settings/{name}", f"must be a whole number from 1 to {most}"))
    url = settings.get("challenge_url")
    if url is not None and not url.startswith(("https://", "http://")):
        mistakes.append(("/settings/challenge_url", "must be the URL of a siteverify endpoint"))
    return mistakes


async def _reply_channel(session: AsyncSession, workspace_id: int, value: str) -> Mistakes:
    wanted = _id(value)
    statement = select(Channel.id).where(
        Channel.workspace_id == workspace_id,
        Channel.id == wanted,
        Channel.kind == "email",
        Channel.archived_at.is_(None),
    )
    if wanted is not None and await session.scalar(statement) is not None:
        return []
    return [(f"/settings/{REPLY_CHANNEL}", "must be the id of an email channel")]


async def _acknowledgement(session: AsyncSession, workspace_id: int, value: str | None) -> Mistakes:
    if value in {None, OFF}:
        return []
    macro_id = _id(value or "")
    if str(macro_id) == value and macro_id and await present_macro(session, workspace_id, macro_id):
        return []
    return [(f"/settings/{ACKNOWLEDGEMENT}", f"must be the id of a macro, or {OFF}")]


def _id(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def normalised(kind: str, address: str) -> str:
    """The address that identifies the channel; forms and chats may have any, or none.

    Raises:
        Problem: 422, it is no address of the kind.
    """
    address = address.strip()
    if kind == "email":
        address = normalise_email(address)
        if not is_email(address):
            raise invalid("the channel has mistakes", [("/address", "must be a mail address")])
    if kind == "sms":
        address = normalise_phone(address)
        if not _PHONE.fullmatch(address):
            what = "must be a number with its country code, a short code or a sender's name"
            raise invalid("the channel has mistakes", [("/address", what)])
    return address

"""The page behind a mail's `List-Unsubscribe`: GET asks, POST acts.

Scanners of mail follow links by GET, which therefore changes nothing. A mail program posts
`List-Unsubscribe=One-Click` (RFC 8058 section 3.2), the page its own button.
"""

from collections.abc import Mapping
from html import escape
from typing import Final
from urllib.parse import parse_qs
from uuid import UUID

from starlette.types import Receive, Scope, Send

from gateway.configuration import Configuration, ConfiguredChannel
from gateway.database.connections import Database
from gateway.delivery.unsubscribing import PREFIX, set_wish
from gateway.doors.exchange import Exchange
from gateway.doors.form_markup import page
from gateway.doors.form_pages import HEADERS, HTML
from gateway.doors.form_texts import language_of
from gateway.problems import Problem

MAX_BODY: Final = 10_000

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Automatic mail",
        "ask": "Do you want no more automatic mail from {channel}? People still answer you.",
        "stop": "No more automatic mail",
        "stopped": "You get no more automatic mail from {channel}.",
        "start": "I want it after all",
        "started": "You get automatic mail from {channel} again.",
    },
    "it": {
        "title": "Messaggi automatici",
        "ask": "Non vuoi più messaggi automatici da {channel}? Le persone ti rispondono ancora.",
        "stop": "Niente più messaggi automatici",
        "stopped": "Non riceverai più messaggi automatici da {channel}.",
        "start": "Li voglio di nuovo",
        "started": "Riceverai di nuovo i messaggi automatici da {channel}.",
    },
}


class UnsubscribePage:
    """An ASGI application for `/unsubscribe/{channel key}/{token}`."""

    def __init__(self, database: Database, configuration: Configuration) -> None:
        self._database = database
        self._configuration = configuration

    @staticmethod
    def answers(path: str) -> bool:
        return path.startswith(PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await Exchange(scope, receive, send).answered_by(self._respond, PREFIX)

    async def _respond(self, exchange: Exchange) -> None:
        channel, identity_id = self._named(exchange.path)
        said, offered = "ask", "stop"
        if exchange.method == "POST":
            form = parse_qs((await exchange.body(MAX_BODY)).decode("latin-1"))
            wants_mail = form.get("action") == ["start"]
            async with self._database.transaction() as session:
                await set_wish(
                    session,
                    channel.workspace_id,
                    channel.config.id,
                    identity_id,
                    wants_mail=wants_mail,
                )
            said, offered = ("started", "stop") if wants_mail else ("stopped", "start")
        elif exchange.method not in {"GET", "HEAD"}:
            raise Problem(405, "Method Not Allowed", "the page is read by GET and answered by POST")
        language = language_of(exchange.header("accept-language") or "")
        shown = _page(channel, said, offered, language)
        await exchange.answer(200, shown.encode(), HTML, HEADERS)

    def _named(self, path: str) -> tuple[ConfiguredChannel, UUID]:
        key, _, token = path.removeprefix(PREFIX).partition("/")
        channel = self._configuration.channel_by_key(key)
        if channel is not None:
            links = self._configuration.workspace(channel.workspace_id).unsubscribe_links
            if identity_id := links.identity(key, token):
                return channel, identity_id
        raise Problem(404, "Not Found", "this link is not one of ours: was it cut?")


def _page(channel: ConfiguredChannel, said: str, offered: str, language: str) -> str:
    say = TEXTS[language]
    name = channel.config.address or channel.name
    body = f"""
<p role="status">{escape(say[said].format(channel=name))}</p>
<form method="post"><button name="action" value="{offered}">{say[offered]}</button></form>"""
    return page(say["title"], body, language)

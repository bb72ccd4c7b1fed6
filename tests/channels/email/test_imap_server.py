"""The settings of a mailbox that is polled."""

from typing import Any

import pytest
from tests.channels.builders import CHANNEL_ID

from channels.contract import ChannelConfig
from channels.email.imap_server import ImapServer
from channels.errors import Failure, FetchFailed

NEEDED = {"imap_host": "mail.example.org", "imap_username": "desk"}


def channel(hidden: str = "hush-hush", **settings: str) -> ChannelConfig:
    told = {**NEEDED, **settings}
    return ChannelConfig(
        CHANNEL_ID, "email", "imap", "desk@example.org", told, {"imap_password": hidden}
    )


def test_what_is_not_told() -> None:
    server = ImapServer.of(channel())
    assert (server.host, server.port, server.tls) == ("mail.example.org", 993, "tls")
    assert (server.folders, server.since_now, server.fetched) == (("INBOX",), True, "keep")
    assert server.interval_s == 20.0
    assert "hush" not in f"{server!r} {server}"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"imap_tls": "starttls"}, {"tls": "starttls", "port": 143}),
        ({"imap_tls": "none", "imap_port": "1143"}, {"tls": "none", "port": 1143}),
        ({"imap_folders": "INBOX, Spam,,INBOX , A B"}, {"folders": ("INBOX", "Spam", "A B")}),
        ({"imap_folders": " , "}, {"folders": ("INBOX",)}),
        ({"imap_since": "all"}, {"since_now": False}),
        ({"imap_fetched": "delete"}, {"fetched": "delete"}),
        ({"imap_fetched": "move", "imap_move_to": "Done"}, {"move_to": "Done"}),
        ({"imap_interval_s": "2.5"}, {"interval_s": 2.5}),
    ],
)
def test_what_is_told(settings: dict[str, str], expected: dict[str, Any]) -> None:
    server = ImapServer.of(channel(**settings))
    assert {name: getattr(server, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"imap_host": " "}, "imap_host"),
        ({"imap_username": ""}, "imap_username"),
        ({"imap_username": "desk\r\nA1 DELETE INBOX"}, "imap_username"),
        ({"imap_folders": "INBOX\r\nA1 DELETE INBOX"}, "imap_folders"),
        ({"imap_port": "0"}, "imap_port"),
        ({"imap_port": "²"}, "imap_port"),
        ({"imap_tls": "ssl"}, "imap_tls"),
        ({"imap_since": "yesterday"}, "imap_since"),
        ({"imap_fetched": "move"}, "imap_move_to"),
        ({"imap_interval_s": "0"}, "imap_interval_s"),
        ({"imap_interval_s": "nan"}, "imap_interval_s"),
        ({"imap_interval_s": "soon"}, "imap_interval_s"),
    ],
)
def test_what_makes_no_sense(settings: dict[str, str], name: str) -> None:
    with pytest.raises(FetchFailed, match=name) as raised:
        ImapServer.of(channel(**settings))
    assert raised.value.failure is Failure.MISCONFIGURED


@pytest.mark.parametrize("password", ["", "hush\nhush"])
def test_a_password_that_cannot_be_sent(password: str) -> None:
    with pytest.raises(FetchFailed, match="imap_password") as raised:
        ImapServer.of(channel(password))
    assert "hush" not in str(raised.value)

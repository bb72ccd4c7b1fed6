"""Where a mailbox lies and what is wanted of it: the settings of a channel that is polled."""

import re
from dataclasses import dataclass, field
from typing import Literal, cast

from channels.contract import ChannelConfig
from channels.errors import Failure, FetchFailed

Tls = Literal["none", "starttls", "tls"]
Fetched = Literal["keep", "move", "delete"]

DEFAULT_INTERVAL_S = 20.0
LONGEST_INTERVAL_S = 3_600.0

SETTINGS = frozenset(
    {
        "imap_host",
        "imap_port",
        "imap_tls",
        "imap_username",
        "imap_folders",
        "imap_since",
        "imap_fetched",
        "imap_move_to",
        "imap_interval_s",
    }
)
SECRETS = frozenset({"imap_password"})

_PORTS: dict[str, int] = {"none": 143, "starttls": 143, "tls": 993}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ImapServer:
    """A mailbox of an IMAP server (RFC 3501, RFC 9051).

    `fetched` is what happens to mail once it is stored; `move` takes it to `move_to`. With
    `since_now`, mail that was there before the first poll is left alone.
    """

    host: str
    port: int
    tls: Tls
    username: str
    password: str = field(repr=False)
    folders: tuple[str, ...]
    since_now: bool
    fetched: Fetched
    move_to: str
    interval_s: float

    @classmethod
    def of(cls, channel: ChannelConfig) -> "ImapServer":
        """Read a channel's settings.

        `imap_tls` is `tls` unless told, the port goes with it; `imap_folders` are separated by
        commas, INBOX alone unless told; `imap_since` is `now` or `all`, `imap_fetched` is `keep`,
        `move` or `delete`.

        Raises:
            FetchFailed: MISCONFIGURED, saying which setting.
        """
        settings = _Settings(channel)
        tls = settings.one_of("imap_tls", "tls", "starttls", "none")
        fetched = settings.one_of("imap_fetched", "keep", "move", "delete")
        return cls(
            host=settings.needed("imap_host"),
            port=settings.port(_PORTS[tls]),
            tls=cast(Tls, tls),
            username=settings.needed("imap_username"),
            password=settings.needed("imap_password"),
            folders=settings.folders(),
            since_now=settings.one_of("imap_since", "now", "all") == "now",
            fetched=cast(Fetched, fetched),
            move_to=settings.needed("imap_move_to") if fetched == "move" else "",
            interval_s=settings.interval_s(),
        )


class _Settings:
    """A channel's settings and secrets, read one by one; a blank one counts as not set."""

    def __init__(self, channel: ChannelConfig) -> None:
        self._values = {**channel.settings, **channel.secrets}

    def get(self, name: str) -> str:
        """Commands are lines: what would end one early is no name, user or password."""
        value = self._values.get(name, "").strip()
        if _CONTROL.search(value):
            raise _misconfigured(name, "must not hold control characters")
        return value

    def needed(self, name: str) -> str:
        if value := self.get(name):
            return value
        raise _misconfigured(name, "is not set")

    def one_of(self, name: str, *choices: str) -> str:
        """The first choice is the default."""
        value = self.get(name) or choices[0]
        if value not in choices:
            raise _misconfigured(name, f"must be one of {', '.join(choices)}")
        return value

    def port(self, default: int) -> int:
        value = self.get("imap_port") or str(default)
        if not (value.isascii() and value.isdigit() and 0 < int(value[:6]) < 65_536):
            raise _misconfigured("imap_port", "must be a number from 1 to 65535")
        return int(value)

    def folders(self) -> tuple[str, ...]:
        names = [name.strip() for name in self.get("imap_folders").split(",")]
        return tuple(dict.fromkeys(filter(None, names))) or ("INBOX",)

    def interval_s(self) -> float:
        try:
            seconds = float(self.get("imap_interval_s") or DEFAULT_INTERVAL_S)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds <= LONGEST_INTERVAL_S:
            what = f"must be a number of seconds, above 0 and at most {LONGEST_INTERVAL_S:g}"
            raise _misconfigured("imap_interval_s", what)
        return seconds


def _misconfigured(name: str, what: str) -> FetchFailed:
    return FetchFailed(Failure.MISCONFIGURED, f"{name} {what}")

"""Where a channel's mail is handed in, by its settings (RFC 6409)."""

from dataclasses import dataclass, field
from typing import Literal, cast

import aiosmtplib

from channels.addresses import normalise_email
from channels.contract import ChannelConfig
from channels.errors import Failure, SendFailed

Tls = Literal["none", "starttls", "tls"]

_PORTS: dict[str, int] = {"none": 25, "starttls": 587, "tls": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Settings `smtp_host`, `smtp_port`, `smtp_tls`, `smtp_username`; `domain` is who greets."""

    host: str
    port: int
    tls: Tls
    username: str | None
    password: str | None = field(repr=False)
    domain: str

    @classmethod
    def of(cls, channel: ChannelConfig) -> "SmtpServer":
        """Read a channel's settings. `smtp_tls` is `starttls` unless told, the port goes with it.

        Raises:
            SendFailed: MISCONFIGURED, saying which setting.
        """
        settings = channel.settings
        tls = settings.get("smtp_tls") or "starttls"
        if tls not in _PORTS:
            raise misconfigured("smtp_tls", "must be none, starttls or tls")
        if not settings.get("smtp_host"):
            raise misconfigured("smtp_host", "is not set")
        port = settings.get("smtp_port") or str(_PORTS[tls])
        if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
            raise misconfigured("smtp_port", "must be a number from 1 to 65535")
        username = settings.get("smtp_username") or None
        password = channel.secrets.get("smtp_password") or None
        if username and password is None:
            raise misconfigured("smtp_password", "is not set, though smtp_username is")
        domain = normalise_email(channel.address).rpartition("@")[2]
        host = settings["smtp_host"]
        return cls(host, int(port), cast(Tls, tls), username, password, domain)

    def client(self, timeout_s: float) -> aiosmtplib.SMTP:
        """Return a client that has not connected yet."""
        return aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            username=self.username,
            password=self.password,
            local_hostname=self.domain,
            timeout=timeout_s,
        )


def misconfigured(name: str, what: str) -> SendFailed:
    """Return the failure of a setting or secret that is missing or wrong."""
    return SendFailed(Failure.MISCONFIGURED, f"{name} {what}", code=name)

"""Where a channel's customers, or its provider, have to go."""

from channels.contract import Kind
from gateway.settings import Settings

PATHS: dict[Kind, str] = {"sms": "/in/twilio/", "web_form": "/in/forms/", "chat": "/chat/"}


def door_of(kind: Kind, public_key: str, address: str, *, url: str, settings: Settings) -> str:
    """The address to write to; `url` is where the gateway is reached by HTTP."""
    if kind == "email":
        return f"smtp://{settings.host}:{settings.smtp_port} for {address}"
    scheme, _, rest = (settings.public_url or url).rstrip("/").partition("://")
    if kind == "chat":
        scheme = scheme.replace("http", "ws")
    return f"{scheme}://{rest}{PATHS[kind]}{public_key}"

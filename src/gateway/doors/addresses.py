"""Where a channel's customers, or its provider, have to go."""

from uuid import UUID

from channels.callbacks import DELIVERY
from channels.contract import Adapter, Kind
from gateway.configuration import ConfiguredChannel
from gateway.settings import Settings

PATHS: dict[Kind, str] = {"email": "/in/email/", "web_form": "/in/forms/", "chat": "/chat/"}


def path_of(adapter: Adapter, public_key: str) -> str:
    """The path of a channel's door."""
    if adapter.webhook is None:
        return f"{PATHS[adapter.kind]}{public_key}"
    ending = f"/{adapter.webhook.ending}" if adapter.webhook.ending else ""
    return f"/in/{adapter.provider}/{public_key}{ending}"


def status_url(public_url: str | None, channel: ConfiguredChannel, delivery_id: UUID) -> str | None:
    """Where a provider may post what becomes of a delivery; None where it could not reach us."""
    if public_url is None or channel.adapter.status is None:
        return None
    path = f"/in/{channel.adapter.provider}/{channel.public_key}/status"
    return f"{public_url.rstrip('/')}{path}?{DELIVERY}={delivery_id}"


def door_of(channel: ConfiguredChannel, *, url: str, settings: Settings) -> str:
    """The address to write to; `url` is where the gateway is reached by HTTP."""
    adapter = channel.adapter
    if adapter.kind == "email" and adapter.webhook is None:
        return f"smtp://{settings.host}:{settings.smtp_port} for {channel.config.address}"
    scheme, _, rest = (settings.public_url or url).rstrip("/").partition("://")
    if adapter.kind == "chat":
        scheme = scheme.replace("http", "ws")
    return f"{scheme}://{rest}{path_of(adapter, channel.public_key)}"

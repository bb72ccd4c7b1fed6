"""Where a channel's customers, or its provider, have to go."""

from uuid import UUID

from channels.callbacks import DELIVERY
from channels.contract import Adapter, Kind
from gateway.configuration import ConfiguredChannel
from gateway.settings import Settings

PATHS: dict[Kind, str] = {"email": "/in/email/", "web_form": "/in/forms/", "chat": "/chat/"}


def path_of(adapter: Adapter) -> str:
    """The path below which the channels of an adapter have their doors, each at its key."""
    return f"/in/{adapter.provider}/" if adapter.webhook else PATHS[adapter.kind]


def status_url(public_url: str | None, channel: ConfiguredChannel, delivery_id: UUID) -> str | None:
    """Where a provider may post what becomes of a delivery; None where it could not reach us."""
    if public_url is None or channel.adapter.status is None:
        return None
    path = f"{path_of(channel.adapter)}{channel.public_key}/status"
    return f"{public_url.rstrip('/')}{path}?{DELIVERY}={delivery_id}"


def door_of(channel: ConfiguredChannel, *, url: str, settings: Settings) -> str:
    """The address to write to; `url` is where the gateway is reached by HTTP."""
    adapter = channel.adapter
    if adapter.kind == "email" and adapter.webhook is None:
        return f"smtp://{settings.host}:{settings.smtp_port} for {channel.config.address}"
    scheme, _, rest = (settings.public_url or url).rstrip("/").partition("://")
    if adapter.kind == "chat":
        scheme = scheme.replace("http", "ws")
    return f"{scheme}://{rest}{path_of(adapter)}{channel.public_key}"

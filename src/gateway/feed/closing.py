"""How the feed ends a connection, and how it refuses a frame."""

from enum import IntEnum, StrEnum


class CloseCode(IntEnum):
    """Codes below 4500 ask the client to connect again, with jitter; the others not to."""

    DRAIN = 4400
    LAG = 4401
    HEARTBEAT = 4402
    EXPIRED = 4403
    INTERNAL = 4404
    PROTOCOL = 4500
    AUTH = 4501
    DEACTIVATED = 4502
    VERSION = 4503
    LIMIT = 4504

    @property
    def may_reconnect(self) -> bool:
        return self < CloseCode.PROTOCOL


class ErrorCode(StrEnum):
    """What was wrong with a client's frame, or why the connection ends."""

    LAG = "lag"
    EXPIRED = "expired"
    PROTOCOL = "protocol"
    AUTH = "auth"
    DEACTIVATED = "deactivated"
    VERSION = "version"
    INVALID = "invalid"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"
    LIMIT = "limit"
    NO_AGENT = "no_agent"


class Close(Exception):  # noqa: N818 - a decision, not a failure
    """The connection has to end with this code. Codes that ask not to come back say why."""

    def __init__(self, code: CloseCode, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

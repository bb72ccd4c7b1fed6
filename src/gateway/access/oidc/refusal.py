"""Why somebody who comes by way of the provider is not let in."""

from enum import StrEnum


class Reason(StrEnum):
    """A closed vocabulary: the desk has words for each, the audit log and the log the name."""

    STATE = "state"
    """The browser did not begin this login, it took too long, or it was finished before."""
    DENIED = "denied"
    """The provider, or the person there, said no."""
    PROVIDER = "provider"
    """The provider does not answer, or not as it should."""
    TOKEN = "token"  # noqa: S105 - a reason
    """The ID token is not one to trust."""
    UNVERIFIED = "unverified"
    """The provider does not vouch for the mail address."""
    DOMAIN = "domain"
    """The mail address is of a domain that is not allowed."""
    UNKNOWN = "unknown"
    """No agent has the mail address, and none are created."""
    DEACTIVATED = "deactivated"
    """The agent has left."""
    TIED = "tied"
    """The agent is tied to another account of the provider."""
    ROLE = "role"
    """The provider gives none of the roles that may come in."""
    OFTEN = "often"
    """Too many tries from this address."""


class LoginRefused(Exception):  # noqa: N818 - says what is the case
    """`detail` is for the operator: it names no person and holds no secret."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason
        self.detail = detail

"""The closed vocabulary of what can go wrong at a channel."""

from enum import StrEnum


class ChannelError(Exception):
    """Base of all channel errors. `str(error)` is fit for an operator and holds no secret."""


class InvalidSignature(ChannelError):  # noqa: N818 - named for what it says, as HTTP answers it
    """The payload is not the provider's own: answered 403, nothing stored."""


class Unparseable(ChannelError):  # noqa: N818
    """Authentic, but unreadable: kept raw in quarantine under `code`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Failure(StrEnum):
    """Why a message was not sent, or a file not fetched.

    The workers decide on retries by `is_temporary` alone.
    """

    UNREACHABLE = "unreachable"  # no connection, time-out, TLS failure
    THROTTLED = "throttled"  # the provider asks to slow down
    UNAVAILABLE = "unavailable"  # the provider's own trouble (5xx, SMTP 4yz)
    UNAUTHORISED = "unauthorised"  # our credentials are wrong: an admin can mend it
    REJECTED = "rejected"  # refused for good (4xx, SMTP 5yz)
    BAD_RECIPIENT = "bad_recipient"  # nobody is there, or does not want messages
    TOO_LARGE = "too_large"
    MISCONFIGURED = "misconfigured"  # the channel lacks a setting that sending needs

    @property
    def is_temporary(self) -> bool:
        return self in {Failure.UNREACHABLE, Failure.THROTTLED, Failure.UNAVAILABLE}


class SendFailed(ChannelError):  # noqa: N818
    """The provider did not take the message.

    `retry_after` is the provider's own wish in seconds, where it gave one. `unwanted` says that
    the recipient refuses whatever this channel sends.
    """

    def __init__(
        self,
        failure: Failure,
        detail: str,
        *,
        code: str = "",
        retry_after: float | None = None,
        unwanted: bool = False,
    ) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail
        self.code = code
        self.retry_after = retry_after
        self.unwanted = unwanted


class FetchFailed(ChannelError):  # noqa: N818
    """A file could not be fetched; `retry_after` is the provider's own wish in seconds."""

    def __init__(self, failure: Failure, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"{failure}: {detail}")
        self.failure = failure
        self.detail = detail
        self.retry_after = retry_after


class InvalidForm(Unparseable):
    """A form that its sender can mend: the door answers 422 with every problem.

    `problems` are pairs of a JSON pointer (RFC 6901) to the field and what is wrong with it.
    """

    def __init__(self, problems: list[tuple[str, str]]) -> None:
        super().__init__("invalid_form", "; ".join(f"{where}: {what}" for where, what in problems))
        self.problems = problems

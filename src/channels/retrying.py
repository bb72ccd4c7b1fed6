"""When a provider wants to be asked again (RFC 9110 section 10.2.3)."""

LONGEST_S = 86_400


def retry_after_s(header: str) -> float | None:
    """Return the seconds of `Retry-After`, a day at most; None for a date or nonsense."""
    is_number = header.isascii() and header.isdigit()
    return float(min(int(header[:6]), LONGEST_S)) if is_number else None

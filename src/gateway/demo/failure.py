"""How the demo ends when it cannot go on."""


class DemoFailed(Exception):  # noqa: N818 - it is the demo that has failed
    """The demo cannot go on; the message is one sentence that says why and what to do."""

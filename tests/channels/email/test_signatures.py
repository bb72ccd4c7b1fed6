import pytest
from tests.channels.email.quote_samples import DEVICES

from channels.email.quotes import new_text

HISTORY = "\n\nOn 03/03/2026 09:15, Desk wrote:\n> old\n"


@pytest.mark.parametrize("device", DEVICES)
def test_what_a_device_adds_is_left_out(device: str) -> None:
    assert new_text(f"It works.\n\n{device}\n") == "It works."
    assert new_text(f"It works.\n{device}{HISTORY}") == "It works."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAnn Neri\n+39 02 1234",
        "--\nAnn Neri\nhttps://x.example",
        "—\nAnn Neri | ann@x.example",
        "_______________________________________________\nusers mailing list\nusers@x.example",
        "-Ann",
        "-Ann Neri",
        "----------",
        "***",
        "Sent from my iPhone\n\n-- \nAnn",
    ],
)
def test_signatures_are_left_out(signature: str) -> None:
    assert new_text(f"It works.\n\n{signature}") == "It works."
    assert new_text(f"It works.\n\n{signature}{HISTORY}") == "It works."


@pytest.mark.parametrize(
    "text",
    [
        "Regards,\nAnn",
        "I need:\n\n- milk\n\n-Bread",
        "Sent from my desk, which is easier than my phone.",
        "Sent from our warehouse yesterday.",
        "Ich habe Ihnen die Mail gesendet.",
        "--\n" + "A line of a long text.\n" * 30,
        "—\nI mean it.",
        "____________________\nsign here",
        "It was sent from my phone and from my computer.\nWhy?",
    ],
)
def test_what_only_looks_like_a_signature_stays(text: str) -> None:
    assert new_text(f"Hello,\n\n{text}") is None


def test_new_text_below_a_quotation_and_above_a_signature() -> None:
    text = "On 03/03/2026 09:15, Desk wrote:\n> old\n\nIt works.\n-- \nAnn"
    assert new_text(text) == "It works."

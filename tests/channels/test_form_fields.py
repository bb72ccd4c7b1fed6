"""A form's own fields: what an admin may set, and what a sender may answer."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels.builders import form_channel

from channels.contract import InboundMessage, Payload
from channels.errors import InvalidForm
from channels.form_fields import InvalidFields, read_fields
from channels.web_form import WebFormInbound

GOOD = {"email": "ada@example.com", "message": "Hello"}
FIELDS = [
    {"name": "order", "label": "Order", "required": True},
    {"name": "topic", "type": "select", "options": ["Delivery", "Invoice"]},
    {"name": "company", "of": "contact", "label": {"en": "Company", "it": "Azienda"}},
    {"name": "copy_to", "type": "email"},
    {"name": "subject", "required": True},
]


def submitted(fields: Any) -> InboundMessage:
    channel = form_channel(fields=json.dumps(FIELDS))
    payload = Payload("application/json", json.dumps(fields).encode())
    return WebFormInbound().parse(payload, channel)


def test_answers_go_where_they_belong() -> None:
    answers = {"order": 7, "topic": "Invoice", "company": "Engines", "subject": "Bill"}
    message = submitted(GOOD | answers)
    assert message.attributes == {"order": "7", "topic": "Invoice"}
    assert message.contact_attributes == {"company": "Engines"}
    assert message.subject == "Bill"


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({"order": None}, [("/order", "is required")]),
        ({"order": " "}, [("/order", "is required")]),
        ({"subject": ""}, [("/subject", "is required")]),
        ({"topic": "Other"}, [("/topic", "must be one of the options")]),
        ({"copy_to": "ada"}, [("/copy_to", "must be a mail address")]),
        ({"order": "x" * 2001}, [("/order", "must be text of at most 2000 characters")]),
        ({"order": []}, [("/order", "must be text of at most 2000 characters")]),
        ({"surprise": "x"}, [("/surprise", "is no field of this form")]),
        ({"email": ""}, [("/email", "is required")]),
        ({"website_url": "http://spam"}, [("/website_url", "must be left empty")]),
    ],
)
def test_every_wrong_answer_is_named(
    changes: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    with pytest.raises(InvalidForm) as caught:
        submitted(GOOD | {"order": "7", "subject": "s"} | changes)
    assert caught.value.problems == problems


def test_optional_fields_may_be_left_empty() -> None:
    empty = {"topic": "", "company": "", "copy_to": "", "website_url": "", "_stamp": "x"}
    message = submitted(GOOD | {"order": "7", "subject": "s"} | empty)
    assert (message.attributes, message.contact_attributes) == ({"order": "7"}, {})


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ("{", [""]),
        ("{}", [""]),
        ("[]", [""]),
        (json.dumps([{"name": "a"}] * 41), [""]),
        ("[5]", ["/0", "/0/name"]),
        ('[{"name": "1a"}]', ["/0/name"]),
        ('[{"name": "_stamp"}]', ["/0/name"]),
        ('[{"name": "website_url"}]', ["/0/name"]),
        ('[{"name": "a"}, {"name": "a"}]', ["/1/name"]),
        ('[{"name": "a", "type": "date"}]', ["/0/type"]),
        ('[{"name": "email", "type": "text"}]', ["/0/type"]),
        ('[{"name": "email", "required": false}]', ["/0/required"]),
        ('[{"name": "a", "label": ""}]', ["/0/label"]),
        ('[{"name": "a", "label": {"en": 5}}]', ["/0/label"]),
        ('[{"name": "a", "type": "select"}]', ["/0/options"]),
        ('[{"name": "a", "options": ["x"]}]', ["/0/options"]),
        ('[{"name": "a", "of": "agent"}]', ["/0/of"]),
        ('[{"name": "a", "colour": "red"}]', ["/0/colour"]),
    ],
)
def test_every_wrong_setting_is_named(fields: str, pointers: list[str]) -> None:
    with pytest.raises(InvalidFields) as caught:
        read_fields(fields)
    assert [pointer for pointer, _ in caught.value.mistakes] == pointers


def test_address_and_message_are_always_asked_for() -> None:
    assert [field.name for field in read_fields('[{"name": "a"}]')] == ["a", "email", "message"]


def test_labels_by_language() -> None:
    [field, *_] = read_fields('[{"name": "a", "label": {"en": "Age", "it": "Anni"}}]')
    assert [field.label(language) for language in ("it", "en", "sv")] == ["Anni", "Age", "Age"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "type", "label", "required", "options", "of"]), inner
        )
    ),
    max_leaves=8,
)


@given(JSON.map(json.dumps) | st.text())
def test_only_invalid_fields_escapes(text: str) -> None:
    with suppress(InvalidFields):
        read_fields(text)

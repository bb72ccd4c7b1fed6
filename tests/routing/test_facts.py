"""Facts are typed, frozen, and know what they do not know."""

from datetime import datetime
from typing import Any

import pytest

from routing.facts import FIELDS, Facts, FieldType, field_named
from routing.operators import OPERATORS, Op


def test_none_is_unknown() -> None:
    facts = Facts({"subject": None, "text": "", "attribute.tier": "gold"})
    assert dict(facts) == {"text": "", "attribute.tier": "gold"}
    assert len(facts) == 2


def test_facts_do_not_change_with_what_they_were_made_of() -> None:
    values = {"kind": "email"}
    facts = Facts(values)
    values["kind"] = "sms"
    assert facts["kind"] == "email"
    with pytest.raises(TypeError):
        facts.known["kind"] = "sms"  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("colour", "red", ValueError),
        ("attribute.", "x", ValueError),
        ("kind", "fax", ValueError),
        ("subject", 5, TypeError),
        ("is_new", 1, TypeError),
        ("message_count", True, TypeError),
        ("waiting", float("inf"), ValueError),
        ("tags", ["a"], TypeError),
        ("priority", "high", TypeError),
        ("received_at", datetime(2030, 1, 31, 12), ValueError),  # noqa: DTZ001 - the point
    ],
)
def test_facts_of_a_wrong_type_are_refused(name: str, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"field|kind|subject|is_|message|waiting|tags|prior|received"):
        Facts({name: value})


def test_every_type_has_operators_and_every_field_a_meaning() -> None:
    assert set(OPERATORS) == set(FieldType)
    assert all(Op.IS_MISSING in operators for operators in OPERATORS.values())
    assert {operator for operators in OPERATORS.values() for operator in operators} == set(Op)
    assert all(field.meaning and field.name == name for name, field in FIELDS.items())


def test_conversations_are_counted_over_a_year_at_most() -> None:
    field = field_named("history.conversations_366d")
    assert field is not None
    assert (field.type, field.is_private) == (FieldType.NUMBER, False)
    assert Facts({"history.conversations_1d": 2})["history.conversations_1d"] == 2
    for name in ("0d", "367d", "01d", "7", "d", "7dx"):
        assert field_named(f"history.conversations_{name}") is None


def test_attributes_are_private_texts() -> None:
    field = field_named("attribute.tier")
    assert field is not None
    assert field.type is FieldType.TEXT
    assert field.is_private

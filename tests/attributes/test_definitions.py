"""Values of attributes: one text for each, refused where they are none of the type."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.attributes.definitions import Definition, Unfit, kept_values, shown
from gateway.database.schema.attributes import AttributeType

VALUES = st.text(max_size=30) | st.integers() | st.floats() | st.booleans() | st.dates().map(str)
TYPES = st.sampled_from(["text", "number", "bool", "date", "choice"])


def of(type_: AttributeType, name: str = "x") -> Definition:
    return Definition(name, "contact", type_, ("basic", "business") if type_ == "choice" else ())


@pytest.mark.parametrize(
    ("type_", "value", "kept", "read"),
    [
        ("text", "  as it is ", "  as it is ", "  as it is "),
        ("number", 42, "42", 42),
        ("number", "+007.50", "7.5", 7.5),
        ("number", "-0.0", "0", 0),
        ("number", -1.25, "-1.25", -1.25),
        ("bool", True, "true", True),
        ("bool", "No", "false", False),
        ("bool", "on", "true", True),
        ("date", "2026-01-31", "2026-01-31", "2026-01-31"),
        ("date", "20260131", "2026-01-31", "2026-01-31"),
        ("choice", "basic", "basic", "basic"),
    ],
)
def test_values_are_kept_in_one_form(
    type_: AttributeType, value: Any, kept: str, read: Any
) -> None:
    assert of(type_).kept(value) == kept
    assert of(type_).read(kept) == read
    assert type(of(type_).read(kept)) is type(read)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", 5),
        ("text", "x" * 2_001),
        ("number", "1e5"),
        ("number", True),
        ("number", float("nan")),
        ("number", "9" * 31),
        ("number", "twelve"),
        ("bool", "perhaps"),
        ("date", "31.1.2026"),
        ("date", "2026-02-30"),
        ("date", 20260131.0),
        ("choice", "Basic"),
    ],
)
def test_what_does_not_fit_is_refused(type_: AttributeType, value: Any) -> None:
    with pytest.raises(Unfit, match="must be"):
        of(type_).kept(value)


@given(TYPES, VALUES)
def test_what_is_kept_is_kept_the_same_again(type_: AttributeType, value: Any) -> None:
    definition = of(type_)
    try:
        kept = definition.kept(value)
    except Unfit:
        return
    assert definition.kept(kept) == kept
    read = definition.read(kept)
    assert read is not None
    assert definition.kept(read) == kept


def test_what_was_kept_before_stays_a_text() -> None:
    definitions = {"age": of("number", "age")}
    assert shown({"age": "old", "city": "7"}, definitions) == {"age": "old", "city": "7"}
    assert shown({"age": "7"}, definitions) == {"age": 7}


def test_every_mistake_has_its_place() -> None:
    definitions = {"age": of("number", "age"), "vip": of("bool", "vip")}
    given_ = {"age": "old", "vip": None, "city": "Rome", "a/b": 5}
    kept, mistakes = kept_values(given_, definitions, "contact", "/attributes")
    assert kept == {"vip": None, "city": "Rome"}
    assert [where for where, _ in mistakes] == ["/attributes/age", "/attributes/a~1b"]
    _, mistakes = kept_values({"age": 7, "city": "x"}, definitions, "conversation", "")
    assert [what[:27] for _, what in mistakes] == [
        "is an attribute of the cont",
        "is no attribute of conversa",
    ]

"""What conditions mean: Kleene's logic, operators, words, and bounded cost."""

from datetime import UTC, datetime
from itertools import product
from time import process_time
from typing import Any

import pytest
from tests.routing.building import leaf, matches, rule, rule_set

from routing.facts import Facts
from routing.priority import Priority

# The three truth values as tests of one field each: "vip" is there, "bot" is not, x is unknown.
FACTS = {"is_new": True, "is_reopened": False}
TRUE = leaf("is_new", "is", True)
FALSE = leaf("is_reopened", "is", True)
UNKNOWN = leaf("is_automatic", "is", True)
TABLE: dict[bool | None, dict[str, Any]] = {True: TRUE, False: FALSE, None: UNKNOWN}


def truth(condition: dict[str, Any]) -> bool | None:
    """Observe the third value: what is neither true, nor is its negation."""
    holds, fails = matches(condition, FACTS), matches({"not": condition}, FACTS)
    assert not (holds and fails)
    return True if holds else False if fails else None


@pytest.mark.parametrize(("a", "b"), [*product([True, False, None], repeat=2)])
def test_all_and_any_follow_kleene(a: bool | None, b: bool | None) -> None:
    pair = [TABLE[a], TABLE[b]]
    lowest = False if False in (a, b) else None if None in (a, b) else True
    highest = True if True in (a, b) else None if None in (a, b) else False
    assert truth({"all": pair}) is lowest
    assert truth({"any": pair}) is highest
    assert truth({"not": {"not": {"all": pair}}}) is lowest


@pytest.mark.parametrize(("value", "negated"), [(True, False), (False, True), (None, None)])
def test_not_follows_kleene(value: bool | None, negated: bool | None) -> None:
    assert truth({"not": TABLE[value]}) is negated


UNKNOWN_TESTS = [
    leaf("kind", "equals", "email"),
    leaf("subject", "one_of", ["x"]),
    leaf("subject", "prefix", "x"),
    leaf("subject", "contains_any", ["x", "x y"]),
    leaf("subject", "matches", ".*"),
    leaf("tags", "has_any", ["x"]),
    leaf("tags", "has_all", ["x"]),
    leaf("waiting", "lte", 5),
    leaf("received_at", "gt", "2030-01-01T00:00:00Z"),
    leaf("attribute.tier", "equals", "gold"),
]


@pytest.mark.parametrize("condition", UNKNOWN_TESTS)
def test_the_unknown_never_matches_and_is_missing_asks_for_it(condition: dict[str, Any]) -> None:
    missing = leaf(condition["field"], "is_missing")
    assert not matches(condition, {})
    assert not matches({"not": condition}, {})
    assert matches(missing, {})
    assert not matches({"not": missing}, {})


def test_what_is_empty_is_not_missing() -> None:
    assert matches({"not": leaf("subject", "is_missing")}, {"subject": ""})
    assert matches(leaf("subject", "equals", ""), {"subject": ""})


NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)
OPERATORS: list[tuple[str, str, object, object, bool]] = [
    ("kind", "equals", "email", "email", True),
    ("kind", "one_of", ["sms", "chat"], "chat", True),
    ("channel", "equals", "C1", "c1", False),
    ("sender", "equals", "Bob@Example.com", "bob@example.COM", True),
    ("sender", "one_of", ["a@x.org", "B@x.org"], "b@X.org", True),
    ("subject", "prefix", "re: ", "RE: hello", True),
    ("subject", "prefix", "hello", "RE: hello", False),
    ("subject", "matches", "(?i)order #?[0-9]{4}$", "my Order #1234", True),
    ("subject", "matches", "order", "Order", False),
    ("subject", "matches", "^.$", "é", True),
    ("tags", "has_any", ["a", "b"], frozenset("bc"), True),
    ("tags", "has_all", ["a", "b"], frozenset("bc"), False),
    ("tags", "has_all", ["b"], frozenset("bc"), True),
    ("waiting", "gt", 60, 60.0, False),
    ("waiting", "gte", 60, 60.0, True),
    ("message_count", "equals", 1, 1, True),
    ("message_count", "lt", 2.5, 2, True),
    ("received_at", "equals", "2030-01-31T13:00:00+01:00", NOON, True),
    ("received_at", "lte", "2030-01-31T11:59:59Z", NOON, False),
    ("priority", "gt", "high", Priority.URGENT, True),
    ("priority", "lt", "normal", Priority.HIGH, False),
    ("priority", "one_of", ["low", "high"], Priority.HIGH, True),
]


@pytest.mark.parametrize(("field", "op", "wanted", "seen", "expected"), OPERATORS)
def test_operators(field: str, op: str, wanted: object, seen: object, expected: bool) -> None:
    condition = leaf(field, op, wanted)
    assert matches(condition, {field: seen}) is expected
    assert matches({"not": condition}, {field: seen}) is not expected


WORDS: list[tuple[str, str, bool]] = [
    ("invoice", "Please pay my INVOICE.", True),
    ("invoice", "invoices are late", False),
    ("voice", "my invoice", False),
    ("pay now", "Pay,\n now!", True),
    ("pay now", "pay it now", False),
    ("pay now", "prepay now", False),
    ("pay now", "pay nowhere", False),
    ("pay now", "pay pay now", True),
    ("e-mail", "no E MAIL today", True),
    ("snake_case", "snake_case", True),
    ("snake", "snake_case", False),
    ("straße", "HAUPT STRASSE 5", True),
    ("città", "la CITTA\u0300 eterna", True),
    ("citta", "la città", False),
    ("ﬁne", "FINE", True),
    ("Ⅳ", "iv", True),
    ("ΣΊΣΥΦΟΣ", "σίσυφος!", True),
    ("счёт", "Мой СЧЁТ, пожалуйста", True),
    ("cafe", "«cafe»", True),
    ("发票", "我要发票。谢谢", True),
    ("发谢", "我要发票。谢谢", False),
    ("請求書", "請求書をください", True),
    ("ใบแจ้งหนี้", "ขอใบแจ้งหนี้ด้วย", True),
    ("क", "कि", False),
    ("बिल", "मेरा बिल।", True),
    ("שלום", "שָׁלוֹם שלום", True),
    ("x", "", False),
    ("x", " …!", False),
]


@pytest.mark.parametrize(("keyword", "text", "expected"), WORDS)
def test_keywords_are_whole_words_in_any_script(keyword: str, text: str, expected: bool) -> None:
    assert matches(leaf("text", "contains_any", ["zzz", keyword]), {"text": text}) is expected


def test_texts_that_are_no_utf8_do_not_break_patterns() -> None:
    assert matches(leaf("text", "matches", "a.b"), {"text": "a\ud800b"})


def seconds(condition: dict[str, Any], text: str) -> float:
    rules = rule_set(rule("r", condition, queue="q-billing"))
    facts = Facts({"text": text})

    def once() -> float:
        start = process_time()
        rules.decide(facts)
        return process_time() - start

    return min(once() for _ in range(9))


HOSTILE = [
    (leaf("text", "matches", "(a*)*b"), "a"),
    (leaf("text", "matches", "(x+x+)+y"), "x"),
    (leaf("text", "contains_any", ["a a b", "b", "a a a c"]), "a "),
    (leaf("text", "contains_any", ["é é b"]), "é "),
    (leaf("text", "contains_any", ["票 票 b"]), "票"),
]


@pytest.mark.parametrize(("condition", "unit"), HOSTILE)
def test_cost_is_linear_in_the_text(condition: dict[str, Any], unit: str) -> None:
    """Eight times the text may not cost 40 times the time; quadratic would be 64."""
    small, large = seconds(condition, unit * 5_000), seconds(condition, unit * 40_000)
    assert large < 40 * small


@pytest.mark.parametrize(
    ("alternatives", "facts", "expected"),
    [
        ([("kind", "equals", "email"), ("kind", "equals", "sms")], {"kind": "sms"}, True),
        ([("kind", "equals", "email"), ("kind", "equals", "sms")], {"kind": "chat"}, False),
        ([("text", "contains_any", ["pay now"]), ("text", "contains_any", ["now"])], "now", True),
        (
            [("text", "contains_any", ["x"]), ("text", "contains_any", ["pay later"])],
            "later",
            False,
        ),
        ([("text", "contains_any", ["pay later"]), ("subject", "equals", "x")], "later pay", False),
        ([("subject", "equals", "pay"), ("text", "contains_any", ["pay now"])], "pay now", True),
        ([("subject", "equals", "x"), ("tags", "has_any", ["a", "b"])], {"tags": {"b"}}, True),
    ],
)
def test_a_demand_with_alternatives(
    alternatives: list[tuple[str, str, Any]], facts: dict[str, Any] | str, expected: bool
) -> None:
    known = {"text": facts} if isinstance(facts, str) else facts
    values = {
        name: frozenset(value) if isinstance(value, set) else value for name, value in known.items()
    }
    when = {"all": [leaf("is_new", "is", True), {"any": [leaf(*each) for each in alternatives]}]}
    assert matches(when, {"kind": "email", "is_new": True} | values) is expected

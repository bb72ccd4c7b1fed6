"""Rules on attributes of contacts and conversations, by what they are."""

from typing import Any

from tests.house import House, bearer
from tests.rules.test_backtests import asking, backtest, publish

DEFINED = (
    {"name": "seats", "subject": "contact", "type": "number"},
    {"name": "since", "subject": "contact", "type": "date"},
    {"name": "paid", "subject": "conversation", "type": "bool"},
)


async def tags_of(house: House, email: str, **said: Any) -> set[str]:
    answer = await house.post_form(email=email, message="Hello", **said)
    assert answer.is_success, answer.text
    [[tags]] = await house.rows(
        "SELECT c.tags FROM conversation c JOIN identity i ON i.id = c.identity_id"
        " WHERE i.address = :address",
        address=email,
    )
    return set(tags)


async def test_attributes_are_compared_as_numbers_dates_and_truth_values(house: House) -> None:
    for definition in DEFINED:
        headers = bearer(house.team.admin)
        made = await house.http.post("/v1/attributes", json=definition, headers=headers)
        assert made.status_code == 201, made.text
    small = {"not": {"field": "attribute.seats", "op": "gte", "value": 10}}
    await publish(
        house,
        asking("large", "attribute.seats", "gte", 10, add_tags=["large"]),
        {**asking("small", "kind", "equals", "x", add_tags=["small"]), "when": small},
        asking("old", "attribute.since", "lt", "2020-01-01", add_tags=["old"]),
        asking("paid", "attribute.paid", "is", True, add_tags=["paid"]),
    )
    assert await tags_of(house, "a@x.test", seats="+12.50", since="20190131", paid="sì") == {
        *("large", "old", "paid")
    }
    assert await tags_of(house, "b@x.test", seats="9", since="2020-01-01", paid="no") == {"small"}
    assert await tags_of(house, "c@x.test") == set()
    for tally in ("exact", "inexact"):
        assert (await backtest(house, version="published"))[tally]["changed"] == 0
    explained = await house.rows("SELECT explanation::text, facts::text FROM decision")
    assert not any("12.5" in told or "2019" in told for row in explained for told in row)

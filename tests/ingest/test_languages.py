"""The language of a message as a fact, found out only where rules ask for it."""

from typing import Any

import pytest
from tests.house import House

from gateway.languages import detect

TO_SPECIALISTS = {"field": "language", "op": "one_of", "value": ["it", "de"]}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello, where is my parcel?", "en"),
        ("Buongiorno, dov'è il mio pacco?", "it"),
        ("Wo ist mein Paket? Ich warte seit Tagen.", "de"),
        ("Bonjour, je voudrais annuler ma commande.", "fr"),
        ("Hola, ¿dónde está mi pedido? Gracias.", "es"),
        ("Unde este coletul meu? Aștept de trei zile.", "ro"),
        ("Hej, var är mitt paket?", "sv"),
        ("荷物はどこですか", "ja"),
        ("ok", None),
        ("12345", None),
        ("", None),
    ],
)
def test_a_language_is_known_where_there_is_enough_to_tell(text: str, language: str | None) -> None:
    assert detect(text) == language


async def route_by_language(house: House) -> None:
    rule: dict[str, Any] = {
        "name": "Other tongues",
        "stage": "route",
        "when": TO_SPECIALISTS,
        "then": {"queue": str(house.team.second_level)},
    }
    await house.post("/v1/rules", rule, token=house.team.admin)


async def test_rules_route_by_language(house: House) -> None:
    await route_by_language(house)
    await house.post_form(email="a@example.com", message="Buongiorno, dov'è il mio pacco?")
    await house.post_form(email="b@example.com", message="Hello, where is my parcel?")
    queues = {
        item["identity"]["address"]: (item["queue"], item["language"])
        for item in (await house.get("/v1/conversations"))["items"]
    }
    assert queues == {
        "a@example.com": (str(house.team.second_level), "it"),
        "b@example.com": (str(house.team.first_level), "en"),
    }


async def test_a_dry_run_finds_it_out_too(house: House) -> None:
    await route_by_language(house)
    message = {"kind": "email", "text": "Wo ist mein Paket? Ich warte seit Tagen."}
    trial = await house.post("/v1/rules/test", {"message": message}, token=house.team.admin)
    assert (trial["language"], trial["level"]) == ("de", 2)


async def test_nobody_pays_for_what_no_rule_asks(house: House) -> None:
    await house.post_form(message="Buongiorno, dov'è il mio pacco?")
    [item] = (await house.get("/v1/conversations"))["items"]
    assert item["language"] is None

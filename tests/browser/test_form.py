"""The embedded form and the form's own page, in a real browser."""

from typing import Any, Literal

import pytest
from playwright.async_api import FilePayload, Page, Route, expect
from tests.browser.website import Website, serious_issues
from tests.house import House, bearer

pytestmark = pytest.mark.browser

FIELDS = """[
  {"name": "name"}, {"name": "email"},
  {"name": "order", "label": {"en": "Order number", "it": "Numero d'ordine"}, "required": true},
  {"name": "topic", "type": "select",
   "label": {"en": "What is it about?", "it": "Di che si tratta?"},
   "options": ["Delivery", "Invoice", "<b>Other</b>"]},
  {"name": "message"},
  {"name": "company", "label": {"en": "Company", "it": "Azienda"}, "of": "contact"},
  {"name": "photo", "type": "file", "label": {"en": "Photos", "it": "Foto"}}
]"""
PNG = FilePayload(name="parcel.png", mimeType="image/png", buffer=b"\x89PNG\r\n\x1a\n" + b"x" * 500)


async def configure(house: House, **settings: str) -> None:
    headers = bearer(house.team.admin)
    channels = (await house.http.get("/v1/channels", headers=headers)).json()
    [form] = [channel for channel in channels if channel["kind"] == "web_form"]
    answer = await house.http.patch(
        f"/v1/channels/{form['id']}", json={"settings": settings}, headers=headers
    )
    assert answer.status_code == 200, answer.text


async def only_message(house: House) -> dict[str, Any]:
    [item] = (await house.get("/v1/conversations"))["items"]
    [message] = (await house.get(f"/v1/conversations/{item['id']}/messages"))["items"]
    return dict(message)


async def fill(page: Page) -> None:
    await page.get_by_label("Your name").fill("Ada")
    await page.get_by_label("Email address").fill("ada@example.com")
    await page.get_by_label("Order number").fill("A-1001")
    await page.get_by_label("What is it about?").select_option("<b>Other</b>")
    await page.get_by_label("Message").fill("Where is my parcel?\nIt is <i>late</i>.")
    await page.get_by_label("Company").fill("Analytical Engines")
    await page.get_by_label("Photos").set_input_files([PNG])


async def test_filled_and_stored_with_its_file(house: House, website: Website) -> None:
    await configure(house, fields=FIELDS)
    website.embed("form.js", "web_form")
    page = await website.visit()
    await fill(page)
    await website.shoot(page, "form-filled-wide-light")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("status").filter(has_text="Thank you")).to_be_focused()
    await website.shoot(page, "form-thanks-wide-light")
    message = await only_message(house)
    assert message["text"] == "Where is my parcel?\nIt is <i>late</i>."
    assert message["attributes"] == {"order": "A-1001", "topic": "<b>Other</b>"}
    [attachment] = message["attachments"]
    assert (attachment["filename"], attachment["size"]) == ("parcel.png", 508)
    [[attributes]] = await house.rows("SELECT attributes FROM contact")
    assert attributes == {"company": "Analytical Engines"}


async def test_mistakes_are_shown_and_reachable(house: House, website: Website) -> None:
    await configure(house, fields=FIELDS)
    website.embed("form.js", "web_form")
    page = await website.visit()
    await page.get_by_label("Email address").fill("not an address")
    await page.get_by_role("button", name="Send").click()
    email = page.get_by_label("Email address")
    await expect(email).to_be_focused()
    await expect(page.get_by_text("Please fill in this field.")).to_have_count(2)
    await email.fill("ada@example.com")
    await expect(email).not_to_have_attribute("aria-invalid", "true")
    assert await house.count("message") == 0


async def test_a_lost_connection_sends_it_once(house: House, website: Website) -> None:
    """The first answer is lost on its way: the message is stored already."""
    website.embed("form.js", "web_form")
    page = await website.visit()
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        if route.request.method == "POST" and lost == 0:
            lost += 1
            await route.fetch()
            await route.abort()
        else:
            await route.continue_()

    await page.route("**/in/forms/*", lose)
    await page.get_by_label("Email address").fill("ada@example.com")
    await page.get_by_label("Message").fill("Hello")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Thank you")).to_be_visible()
    assert lost == 1
    assert await house.count("message") == 1


async def test_one_who_is_fast_loses_nothing(house: House, website: Website) -> None:
    await configure(house, min_seconds="2")
    website.embed("form.js", "web_form")
    page = await website.visit()
    await page.get_by_label("Email address").fill("ada@example.com")
    await page.get_by_label("Message").fill("Hello")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Thank you")).to_be_visible()
    assert await house.count("message") == 1


async def test_without_scripts_there_is_a_page(house: House, website: Website) -> None:
    await configure(house, fields=FIELDS)
    address = f"{house.url}/forms/{house.team.keys['web_form']}?lang=it"
    page = await website.visit(address, java_script_enabled=False)
    await page.get_by_label("Indirizzo email").fill("ada")
    await page.get_by_label("Messaggio").fill("Ciao <b>")
    await page.get_by_role("button", name="Invia").click()
    await expect(page.get_by_role("alert")).to_contain_text("Manca qualcosa")
    await expect(page.get_by_label("Messaggio")).to_have_value("Ciao <b>")
    await website.shoot(page, "page-mistakes-wide-light")
    await page.get_by_label("Indirizzo email").fill("ada@example.com")
    await page.get_by_label("Numero d'ordine").fill("7")
    await page.get_by_label("Foto").set_input_files([PNG])
    await page.get_by_role("button", name="Invia").click()
    await expect(page.get_by_role("status")).to_contain_text("Il messaggio è arrivato")
    message = await only_message(house)
    assert (message["text"], len(message["attachments"])) == ("Ciao <b>", 1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["narrow", "wide"])
async def test_nothing_serious_stands_in_the_way(
    house: House, website: Website, width: str, scheme: Literal["light", "dark"]
) -> None:
    await configure(house, fields=FIELDS)
    website.embed("form.js", "web_form", language="it")
    page = await website.visit(width=width, scheme=scheme)
    await expect(page.get_by_role("button", name="Invia")).to_be_visible()
    assert await serious_issues(page) == []
    await page.get_by_role("button", name="Invia").click()
    await expect(page.get_by_text("Compila questo campo.")).to_have_count(3)
    assert await serious_issues(page) == []
    await website.shoot(page, f"form-mistakes-{width}-{scheme}")
    own = await website.visit(
        f"{house.url}/forms/{house.team.keys['web_form']}", width=width, scheme=scheme
    )
    assert await serious_issues(own) == []
    await website.shoot(own, f"page-{width}-{scheme}")
    assert await own.evaluate("document.documentElement.scrollWidth <= innerWidth")

"""Administration in a real browser: what went wrong is mended there."""

import pytest
from playwright.async_api import Page, expect
from tests.browser.website import serious_issues
from tests.browser.workplace import PASSWORD, Workplace
from tests.house import bearer, make_mail

pytestmark = pytest.mark.browser

REFUSE = "ALTER TABLE message ADD CONSTRAINT no_poison CHECK (text !~ 'poison')"
ACCEPT = "ALTER TABLE message DROP CONSTRAINT no_poison"


async def administer(workplace: Workplace, page: str, **options: str) -> Page:
    await workplace.hire("Cleo", "admin")
    return await workplace.log_in(f"/desk/admin/{page}", name="Cleo", **options)


async def execute(workplace: Workplace, statement: str) -> None:
    connection = await workplace.house.gateway.database.connect()
    await connection.execute(statement)
    await connection.close()


async def test_what_could_not_be_stored_is_tried_again(workplace: Workplace) -> None:
    await execute(workplace, REFUSE)
    await workplace.house.send_mail(make_mail("Is it poison?"))
    page = await administer(workplace, "quarantine")
    again = page.get_by_role("button", name="Try again")
    await again.click()
    await expect(page.get_by_role("alert").locator("p")).to_contain_text("That did not work")
    await expect(again).to_have_count(1)
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "admin-quarantine-wide-light")
    await execute(workplace, ACCEPT)
    await again.click()
    await expect(page.get_by_text("Nothing is held")).to_be_visible()
    assert await workplace.house.count("message") == 1


async def test_what_did_not_arrive_is_sent_again(workplace: Workplace) -> None:
    house = workplace.house
    await house.send_mail(make_mail())
    [[conversation]] = await house.rows("SELECT id FROM conversation")
    await workplace.ask("POST", f"/v1/conversations/{conversation}/take", None, house.team.agent)
    workplace.relay.replies["ann@example.com"] = ["550 5.7.1 not from you"]
    reply = {"text": "It comes."}
    await workplace.ask(
        "POST", f"/v1/conversations/{conversation}/replies", reply, house.team.agent
    )
    page = await administer(workplace, "deliveries", width="narrow", scheme="dark")
    await expect(page.get_by_role("link", name="ann@example.com")).to_be_visible()
    await expect(page.locator(".rows")).to_contain_text("not from you")
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "admin-deliveries-narrow-dark")
    await page.get_by_role("button", name="Send again", exact=True).click()
    await expect(page.get_by_text("Every answer has arrived")).to_be_visible()
    await page.goto(f"{house.url}/desk/open/{conversation}")
    await expect(page.locator(".delivery")).to_contain_text("Sent")
    assert workplace.relay.texts()[0].startswith("It comes.")


async def test_changes_are_told_with_who_made_them(workplace: Workplace) -> None:
    queue = f"/v1/queues/{workplace.house.team.first_level}"
    await workplace.ask("PATCH", queue, {"name": "Front desk"})
    page = await administer(workplace, "audit")
    await page.get_by_text("change", exact=False).first.wait_for()
    for summary in await page.locator("summary").all():
        await summary.click()
    await expect(page.locator(".admin")).to_contain_text("General → Front desk")
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "admin-audit-wide-light")


async def test_queues_are_set_up_and_paused(workplace: Workplace) -> None:
    page = await administer(workplace, "queues")
    await page.get_by_label("Name", exact=True).last.fill("Billing")
    await page.get_by_role("button", name="Add", exact=True).last.click()
    billing = page.get_by_role("group", name="Billing")
    await billing.locator("summary").click()
    await billing.get_by_role("combobox", name="How it is given").select_option("offer")
    await billing.get_by_label("Seconds that an offer stands").fill("2")
    await billing.get_by_role("button", name="Save").click()
    problem = page.get_by_role("alert").locator("p").first
    await expect(problem).to_contain_text("offer_timeout_s")
    await billing.get_by_label("Seconds that an offer stands").fill("45")
    await billing.get_by_role("button", name="Save").click()
    await expect(problem).to_have_count(0)
    await billing.get_by_role("combobox", name="Add a member").select_option(label="Ada")
    await billing.get_by_role("button", name="Add", exact=True).click()
    await expect(billing.get_by_role("button", name="Remove Ada")).to_be_visible()
    await billing.get_by_role("button", name="Pause").click()
    await expect(billing.get_by_role("button", name="Go on")).to_be_visible()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "admin-queues-wide-light")
    rows = await workplace.house.rows(
        "SELECT q.mode, q.offer_timeout_s, a.name FROM queue q"
        " JOIN queue_member m ON m.queue_id = q.id JOIN agent a ON a.id = m.agent_id"
        " WHERE q.name = 'Billing' AND q.is_paused"
    )
    assert rows == [("offer", 45, "Ada")]


async def test_it_is_for_admins(workplace: Workplace) -> None:
    await workplace.hire("Bea", "supervisor")
    page = await workplace.log_in(name="Bea")
    await expect(page.get_by_role("link", name="Reports")).to_be_visible()
    await expect(page.get_by_role("link", name="Administration")).to_have_count(0)


async def test_a_colleague_is_hired_and_gets_in_by_an_invitation(workplace: Workplace) -> None:
    page = await administer(workplace, "people")
    new = page.get_by_role("form", name="Add a colleague")
    await new.get_by_label("Name").fill("Dora")
    await new.get_by_label("Email address").fill("dora@example.com")
    await new.get_by_label("May do").select_option("supervisor")
    await new.get_by_role("button").click()
    dora = page.locator("details", has_text="dora@example.com")
    await dora.locator("summary").click()
    await dora.get_by_label("How much at once").fill("7")
    await dora.get_by_role("button", name="Save").click()
    await expect(dora.locator("summary")).to_contain_text("of 7")
    await dora.get_by_role("button", name="Make an invitation").click()
    link = await dora.locator("code").inner_text()
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "admin-people-wide-light")
    hers = await workplace.website.visit(link, locale="en-GB", width="narrow", scheme="dark")
    await hers.get_by_label("Choose a password").fill(PASSWORD)
    assert await serious_issues(hers) == []
    await workplace.website.shoot(hers, "join-narrow-dark")
    await hers.get_by_role("button", name="Set the password").click()
    await hers.get_by_role("link", name="Sign in").click()
    await workplace.fill_in(hers, name="Dora")
    agents = await workplace.ask("GET", "/v1/agents")
    told = {each["name"]: (each["role"], each["capacity"]) for each in agents}
    assert told["Dora"] == ("supervisor", 7)
    page.on("dialog", lambda dialog: dialog.accept())
    await dora.get_by_role("button", name="Let go").click()
    await expect(dora).to_have_count(0)
    await expect(hers.get_by_label("Password")).to_be_visible()


async def test_a_key_is_shown_once_and_revoked(workplace: Workplace) -> None:
    page = await administer(workplace, "keys", width="narrow")
    await page.get_by_label("What it is for").fill("Mail relay")
    await page.get_by_label("May do").select_option("provider")
    await page.get_by_role("button", name="New key").click()
    secret = await page.locator("code").inner_text()
    me = await workplace.ask("GET", "/v1/me", token=secret)
    assert (me["name"], me["role"]) == ("Mail relay", "provider")
    assert await serious_issues(page) == []
    await workplace.website.shoot(page, "admin-keys-narrow-light")
    page.on("dialog", lambda dialog: dialog.accept())
    await page.get_by_role("button", name="Revoke Mail relay").click()
    await expect(page.get_by_text("revoked")).to_be_visible()
    answer = await workplace.house.http.get("/v1/me", headers=bearer(secret))
    assert answer.status_code == 401
    await page.reload()
    await expect(page.locator("code")).to_have_count(0)

"""Where agents work: a gateway with a worker, the relay that it sends by, and their browsers."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, expect
from pyotp import TOTP
from tests.browser.website import Website
from tests.delivery.providers import MailServer
from tests.house import House, bearer

PASSWORD = "a long phrase of hers"


@dataclass
class Workplace:
    """Ada has a password from the beginning; others are hired."""

    house: House
    website: Website
    relay: MailServer

    async def prepare(self) -> None:
        [mail] = [each for each in await self.ask("GET", "/v1/channels") if each["kind"] == "email"]
        await self.ask("PATCH", f"/v1/channels/{mail['id']}", {"settings": self.relay.settings})
        await self._let_in(str(self.house.team.agent_id))

    async def hire(self, name: str, role: str = "agent") -> str:
        """Another agent, who can log in: their id."""
        body = {"name": name, "email": f"{name.lower()}@example.com", "role": role}
        agent: str = (await self.ask("POST", "/v1/agents", body))["id"]
        await self._let_in(agent)
        return agent

    async def _let_in(self, agent: str) -> None:
        invited = await self.ask("POST", f"/v1/agents/{agent}/invitations")
        chosen = {"invitation": invited["secret"], "password": PASSWORD}
        await self.ask("POST", "/v1/passwords", chosen)

    async def ask(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        headers = bearer(token or self.house.team.admin)
        answer = await self.house.http.request(method, path, json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def recovery_code(self) -> str:
        """Let a second factor be needed from now on."""
        ada = self.house.team.agent
        secret = await self.ask("POST", "/v1/me/second-factor", {"password": PASSWORD}, ada)
        code = {"code": TOTP(secret["secret"]).now()}
        codes = (await self.ask("PUT", "/v1/me/second-factor", code, ada))["recovery_codes"]
        return str(codes[0])

    async def log_in(
        self, path: str = "/desk", code: str = "", name: str = "Ada", **options: Any
    ) -> Page:
        page = await self.website.visit("about:blank", locale="en-GB", **options)
        await self.enter(page, path, code, name)
        return page

    async def enter(
        self, page: Page, path: str = "/desk", code: str = "", name: str = "Ada"
    ) -> None:
        await page.goto(f"{self.house.url}{path}")
        await self.fill_in(page, code, name)

    async def fill_in(self, page: Page, code: str = "", name: str = "Ada") -> None:
        await page.get_by_label("Email address").fill(f"{name.lower()}@example.com")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_label("Code").fill(code)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_text("Live", exact=True)).to_be_visible()

"""What has to stand before the demo can begin: its agent, and rules where there are none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gateway.demo.api import Api
from gateway.demo.failure import DemoFailed

JSON = dict[str, Any]

AGENT = {"name": "Demo agent", "email": "demo.agent@example.com"}
BILLING = "Billing"
BILLING_WORDS = ["invoice", "invoices", "refund", "refunds", "charged"]
URGENT_WORDS = ["urgent", "urgently", "asap", "immediately"]
OUTAGE_WORDS = ["outage", "offline", "is down"]


@asynccontextmanager
async def agent_token(admin: Api) -> AsyncIterator[str]:
    """A token of the demo's agent, who is made on the first run; revoked after the block."""
    agents = await admin.get("/v1/agents")
    known = [agent for agent in agents if agent["email"] == AGENT["email"]]
    agent = known[0] if known else await admin.post("/v1/agents", AGENT)
    token = await admin.post(f"/v1/agents/{agent['id']}/tokens", {"name": "Demo"})
    try:
        yield token["secret"]
    finally:
        await admin.delete(f"/v1/tokens/{token['id']}")


async def ensure_rules(admin: Api) -> bool:
    """Put a small rule set in force where there is none; whether it did."""
    if await admin.get("/v1/rules"):
        return False
    billing = await _billing(admin)
    second = await second_level(admin)
    if second is None:
        raise DemoFailed("there is no second-level queue: make one with POST /v1/queues")
    await admin.put("/v1/rules", rules(billing["id"], second["id"]))
    return True


async def _billing(admin: Api) -> JSON:
    known = [queue for queue in await admin.get("/v1/queues") if queue["name"] == BILLING]
    if known:
        return dict(known[0])
    made: JSON = await admin.post("/v1/queues", {"name": BILLING, "level": 1})
    return made


async def second_level(api: Api) -> JSON | None:
    """The first queue of the second level, if there is one."""
    queues: list[JSON] = await api.get("/v1/queues")
    return next((queue for queue in queues if queue["level"] == 2), None)


def rules(billing: str, specialists: str) -> list[JSON]:
    """Urgent words raise the priority; outages go to the second level, money to Billing."""
    return [
        {
            "id": "demo-urgent",
            "name": "Urgent words",
            "stage": "classify",
            "when": _says(URGENT_WORDS),
            "then": {"priority": "urgent"},
        },
        {
            "id": "demo-outage",
            "name": "Outages to the second level",
            "stage": "route",
            "when": _says(OUTAGE_WORDS),
            "then": {"queue": specialists, "priority": "urgent", "add_tags": ["outage"]},
        },
        {
            "id": "demo-billing",
            "name": "Money matters to Billing",
            "stage": "route",
            "when": _says(BILLING_WORDS),
            "then": {"queue": billing},
        },
    ]


def _says(words: list[str]) -> JSON:
    tests = [{"field": name, "op": "contains_any", "value": words} for name in ("subject", "text")]
    return {"any": tests}

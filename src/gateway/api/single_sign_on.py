"""Logging in by the installation's OpenID provider: where browsers go, and come back."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from starlette.responses import RedirectResponse

from gateway.access.oidc.entry import Return, SingleSignOn
from gateway.access.oidc.errand import HOME, LIVES_S
from gateway.access.oidc.refusal import LoginRefused
from gateway.api.callers import Parts
from gateway.api.problems import documented
from gateway.composition import Gateway
from gateway.doors.exchange import client_of
from gateway.problems import Problem
from gateway.wakeups import Topic

PATH = "/v1/sessions/oidc"
COOKIE = "sportello_login"
BY_PROVIDER = "sportello_provider"
"""Kept beside a session that the provider has let in, so that logging out can end both."""

router = APIRouter(prefix=PATH, tags=["access"], responses=documented(422, 503))
Given = Annotated[str | None, Query()]


class ProviderOut(BaseModel):
    """`label` is what to call the provider; null: passwords are the only way in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"label": "Example Accounts"}]})

    label: str | None


@router.get("")
async def get_provider(gateway: Parts) -> ProviderOut:
    """The provider that people may log in by. Needs no token."""
    return ProviderOut(label=gateway.single_sign_on.terms.label if gateway.single_sign_on else None)


@router.get("/start", status_code=303, response_class=Response, responses=documented(404))
async def begin(gateway: Parts, request: Request, to: str = HOME) -> Response:
    """Send the browser to the provider; afterwards it comes to `to`, a page of the desk."""
    entry = _entry(gateway)
    client = client_of(request.scope, gateway.settings.proxies)
    try:
        departure = await entry.depart(to, _own(gateway, request, f"{PATH}/callback"), client)
    except LoginRefused as refusal:
        return _explained(refusal)
    response = RedirectResponse(departure.url, 303)
    response.set_cookie(
        COOKIE, departure.cookie, max_age=LIVES_S, path=PATH, **gateway.sessions.guarded
    )
    return response


@router.get("/callback", status_code=303, response_class=Response, responses=documented(404))
async def come_back(
    gateway: Parts, request: Request, state: Given = None, code: Given = None, error: Given = None
) -> Response:
    """Begin a session for whom the provider has sent, and go on to the desk."""
    entry = _entry(gateway)
    back = Return(
        cookie=request.cookies.get(COOKIE),
        state=state or "",
        code=code,
        error=error,
        redirect_uri=_own(gateway, request, f"{PATH}/callback"),
    )
    try:
        new, to = await entry.arrive(back, client_of(request.scope, gateway.settings.proxies))
    except LoginRefused as refusal:
        response = _explained(refusal)
    else:
        gateway.wakeups.notify(Topic.ACCESS, Topic.FEED)
        response = RedirectResponse(to, 303)
        gateway.sessions.give(response, new.secret)
        response.set_cookie(BY_PROVIDER, "1", path="/v1/session", **gateway.sessions.guarded)
    response.delete_cookie(COOKIE, path=PATH, **gateway.sessions.guarded)
    return response


async def logout_url(gateway: Gateway, request: Request) -> str | None:
    """Where to end the provider's session too; None for sessions that a password began."""
    if gateway.single_sign_on is None or BY_PROVIDER not in request.cookies:
        return None
    return await gateway.single_sign_on.end_session_url(_own(gateway, request, HOME))


def forget_provider(gateway: Gateway, response: Response) -> None:
    response.delete_cookie(BY_PROVIDER, path="/v1/session", **gateway.sessions.guarded)


def _entry(gateway: Gateway) -> SingleSignOn:
    if gateway.single_sign_on is None:
        detail = "no OpenID provider is set: an operator does so by SPORTELLO_OIDC_ISSUER"
        raise Problem(404, "Not Found", detail)
    return gateway.single_sign_on


def _explained(refusal: LoginRefused) -> Response:
    return RedirectResponse(f"{HOME}?{urlencode({'login': refusal.reason.value})}", 303)


def _own(gateway: Gateway, request: Request, path: str) -> str:
    """An address of ours as browsers know it."""
    return (gateway.settings.public_url or str(request.base_url)).rstrip("/") + path

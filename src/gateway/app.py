"""The web application, built from a gateway's parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import problems
from gateway.api import (
    agents,
    articles,
    assignments,
    attachments,
    attention,
    attributes,
    audit,
    calendars,
    channels,
    contacts,
    conversation_lists,
    conversations,
    credentials,
    deliveries,
    feed,
    figure_exports,
    figure_targets,
    figures,
    health,
    invitations,
    keys,
    labels,
    learnt_types,
    macros,
    manual,
    messages,
    pending,
    presence,
    quarantine,
    queue_members,
    queues,
    rule_analysis,
    rule_backtests,
    rule_drafts,
    rule_trials,
    rule_versions,
    rules,
    search,
    sessions,
    single_sign_on,
    sla_policies,
    staffing,
    starting,
    surveys,
    tags,
    views,
    webhook_deliveries,
    webhooks,
    weekly_reports,
    workspace,
)
from gateway.composition import Gateway
from gateway.doors.chat import ChatDoor
from gateway.doors.description import described
from gateway.doors.desk import DeskPages
from gateway.doors.form_pages import WebPages
from gateway.doors.help_pages import HelpPages
from gateway.doors.http import HttpDoors
from gateway.doors.survey_page import SurveyPage
from gateway.doors.unsubscribe_page import UnsubscribePage

DESCRIPTION = """\
Customers write by email, SMS, web form and live chat; every message becomes part of one
conversation, is routed by rules that explain themselves, and is answered over the same channel.

Errors are problem documents (RFC 9457). Calls carry `Authorization: Bearer` with an API key or an
agent's token. Agents follow what happens over the websocket `/feed`, visitors chat at
`/chat/{key}`.
"""
FEED_PATH = "/feed"
ROUTERS = (
    conversation_lists.router,
    starting.router,
    starting.channels,
    search.router,
    views.router,
    conversations.router,
    assignments.router,
    labels.router,
    attention.router,
    messages.router,
    attachments.router,
    contacts.router,
    deliveries.router,
    feed.router,
    articles.router,
    figures.router,
    weekly_reports.router,
    figure_exports.router,
    figure_targets.router,
    articles.beside,
    calendars.router,
    macros.router,
    sla_policies.router,
    staffing.router,
    pending.router,
    queues.router,
    queue_members.router,
    rule_analysis.router,
    rule_backtests.router,
    rule_drafts.router,
    rule_trials.router,
    rule_versions.router,
    rules.router,
    learnt_types.router,
    attributes.router,
    surveys.router,
    surveys.beside,
    tags.router,
    channels.router,
    agents.router,
    sessions.router,
    single_sign_on.router,
    credentials.router,
    audit.router,
    invitations.router,
    presence.router,
    keys.router,
    quarantine.router,
    webhooks.router,
    webhook_deliveries.router,
    workspace.router,
    health.router,
)


def create_app(gateway: Gateway) -> ASGIApp:
    """The doors first, the API behind them."""
    api = create_api(gateway)
    doors = HttpDoors(
        gateway.intake,
        gateway.reports,
        gateway.handshakes,
        gateway.configuration,
        gateway.callers,
        gateway.form_guard,
        max_bytes=gateway.settings.max_payload_bytes,
        public_url=gateway.settings.public_url,
    )
    pages = WebPages(
        gateway.intake,
        gateway.configuration,
        gateway.form_guard,
        max_bytes=gateway.settings.max_payload_bytes,
    )

    served = (
        pages,
        HelpPages(gateway),
        DeskPages(),
        SurveyPage(gateway.database, gateway.survey_links),
        UnsubscribePage(gateway.database, gateway.configuration),
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and scope["path"] == FEED_PATH:
            await gateway.feed(scope, receive, send)
            return
        answering: ASGIApp = api
        if scope["type"] == "http":
            path = scope["path"]
            if path.startswith("/in/"):
                answering = doors
            else:
                answering = next((each for each in served if each.answers(path)), api)
        await answering(scope, receive, send)

    return app


def create_api(gateway: Gateway) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with gateway.serving():
            yield

    app = Api(
        title="Sportello",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.gateway = gateway
    manual.install(app)
    problems.install(app)
    app.router.routes.append(ChatDoor(gateway).route())
    for router in ROUTERS:
        app.include_router(router)
    return app


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        """The API's description with the doors', which are no routes of it."""
        return described(super().openapi())

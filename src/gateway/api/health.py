"""For load balancers and operators: alive, ready, metrics."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from sqlalchemy import text

from gateway.api.callers import Parts
from gateway.api.problems import documented

router = APIRouter(tags=["operation"])


class Health(BaseModel):
    status: str


@router.get("/health/live")
async def live() -> Health:
    """The process answers. Restart it when it does not."""
    return Health(status="alive")


@router.get("/health/ready", responses=documented(503))
async def ready(gateway: Parts) -> Health:
    """The database answers too: 503 otherwise. Send no traffic while it is not ready."""
    async with gateway.database.transaction() as session:
        await session.execute(text("SELECT 1"))
    return Health(status="ready")


@router.get("/metrics", response_class=Response)
async def metrics(gateway: Parts) -> Response:
    """Prometheus text format; no workspace's data."""
    return Response(gateway.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

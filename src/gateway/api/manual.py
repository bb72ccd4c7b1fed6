"""The page that describes the API, `/docs`, with nothing in it that comes from elsewhere."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

ASSETS = "/docs/assets"


def install(app: FastAPI) -> None:
    """Serve Swagger UI as `fastapi-swagger` carries it; FastAPI's own page fetches it."""
    carried = StaticFiles(packages=[("fastapi_swagger", "resources")])
    app.mount(ASSETS, carried, name="docs-assets")

    @app.get("/docs", include_in_schema=False)
    async def show() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url=str(app.openapi_url),
            title=f"{app.title} API",
            swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{ASSETS}/favicon-32x32.png",
            swagger_ui_parameters={"displayRequestDuration": True, "filter": True},
        )

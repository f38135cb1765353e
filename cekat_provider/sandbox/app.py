"""The application: the endpoints, the control endpoints, one form for all errors, the gate around it all."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from cekat_provider.sandbox import api, api_templates, control, export, overview, web
from cekat_provider.sandbox.cekat import Cekat, Settings
from cekat_provider.sandbox.document import document
from cekat_provider.sandbox.gate import Gate
from cekat_provider.sandbox.refusal import Refused
from cekat_provider.sandbox.version import version


def create_app(settings: Settings, *, loopback_only: bool = True) -> Gate:
    """Make the ASGI application of one local Cekat.

    :param loopback_only: whether it can be reached from this machine alone, so that its name must be a loopback one.
    """
    # FastAPI's own documentation pages load their script from another host, so they are off.
    app = FastAPI(title="Cekat sandbox", version=version(), docs_url=None, redoc_url=None)
    app.state.cekat = cekat = Cekat(settings)
    given = document(version())
    # FastAPI asks this method for the document; what it would work out by itself knows no limits.
    app.openapi = lambda: given  # type: ignore[method-assign]
    app.include_router(api.router)
    app.include_router(api_templates.router)
    app.include_router(control.router)
    app.include_router(api_templates.control)
    app.include_router(overview.router)
    app.include_router(export.router)
    app.include_router(web.router)
    app.mount("/sandbox/page", web.Files(directory=web.FOLDER))

    @app.get("/sandbox/openapi.json", include_in_schema=False)
    async def control_document() -> dict[str, Any]:
        # Apart from Cekat's: a tool that tries all it finds in a document would rotate the key.
        return get_openapi(
            title="Cekat sandbox: control",
            version=version(),
            routes=[
                *control.router.routes,
                *api_templates.control.routes,
                *overview.router.routes,
                *export.router.routes,
            ],
        )

    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _no_such_endpoint)
    app.add_exception_handler(RequestValidationError, _invalid)
    return Gate(app, cekat, loopback_only=loopback_only)


async def _refused(request: Request, refused: Exception) -> JSONResponse:
    return _answer(request, refused, {})


async def _no_such_endpoint(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - for the type checker
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "ERROR")
    refused = Refused(error.status_code, code, f"{request.method} {request.url.path}: {error.detail}")
    return _answer(request, refused, dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Give pydantic's findings on a control body the same form as the API's own."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - for the type checker
    details = [
        {
            "field": ".".join(str(part) for part in found["loc"] if part != "body"),
            "message": str(found["msg"]),
        }
        for found in error.errors()
    ]
    return _answer(request, Refused(400, "VALIDATION_ERROR", "Validation failed", details), {})


def _answer(request: Request, refused: Any, headers: dict[str, str]) -> JSONResponse:
    received = getattr(request.state, "received", None)
    if received is not None:
        received.reason = refused.reason()
    return JSONResponse(refused.body(), refused.status, headers)

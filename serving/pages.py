"""The analyst's page at ``/``: its built files, and the headers under which a browser takes them."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["BUILT", "Pages"]

BUILT = Path(__file__).parent / "page" / "dist"
_PACKED = ".woff2"  # is compressed in itself
_HASHED = "/page/"  # files under it change their names with their content
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_GUARDING = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


class Pages:
    """Answers ``/`` and the page's files, and lets every other path through to the service.

    A middleware, since BentoML keeps ``/`` for a page of its own before anything that is mounted.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._files = Starlette(
            routes=[Mount("/", StaticFiles(directory=BUILT, html=True))],
            exception_handlers={HTTPException: _refused},
        )
        self._packed = GZipMiddleware(self._files)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a path of the page, or passes it on."""
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == "/" or path.startswith(_HASHED)):
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_kept = path.startswith(_HASHED) and message["status"] < 400
                keeping = "public, max-age=31536000, immutable" if is_kept else "no-cache"
                MutableHeaders(scope=message).update(_GUARDING | {"cache-control": keeping})
            await send(message)

        files = self._files if path.endswith(_PACKED) else self._packed
        await files(scope, receive, guarded)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{error.detail}."}, error.status_code, error.headers)

"""Serving an app: one process, one listener, an orderly end."""

from __future__ import annotations

import signal
import socket
import sys

import structlog
import uvicorn
from fastapi import FastAPI

from shared.settings import Settings

DRAIN = 4
"""Seconds that requests have to finish after SIGTERM; streams end at once."""


class _Server(uvicorn.Server):
    """uvicorn, which tells the app first that it must end, and says `ready` once it listens."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            port = next((s.getsockname()[1] for server in self.servers for s in server.sockets), 0)
            structlog.get_logger().info("ready", port=port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.draining.set()
        await super().shutdown(sockets)


def make_server(app: FastAPI, settings: Settings) -> _Server:
    """A server that has not begun. Its log lines go where all others go; it adds no header of its own."""
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,  # its line has the path in it
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        timeout_graceful_shutdown=DRAIN,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=32_768,
    )
    return _Server(config, app)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named; without it each answer takes 44 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.http_host, settings.http_port))
    except OSError:
        listener.close()
        raise
    return listener


def serve(app: FastAPI, settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; blocks. Open requests get DRAIN seconds. Returns the exit code:
    0, or 1 if it cannot listen."""
    try:
        listener = _listen(settings)
    except OSError as error:
        text = f"Cannot listen on {settings.http_host} port {settings.http_port}: {error.strerror}."
        sys.stderr.write(f"{text} Set ACCORD_HTTP_HOST or ACCORD_HTTP_PORT.\n")
        return 1
    server = make_server(app, settings)

    def end(*_: object) -> None:
        server.should_exit = True

    # uvicorn raises the signal again after its own clean end; with these handlers that does nothing more.
    previous = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run([listener])
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    structlog.get_logger().info("stopped", exit_code=0)
    return 0

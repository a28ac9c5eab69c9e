"""Answers to a script of ours."""

from __future__ import annotations

from starlette.responses import Response

from shared.web.site.rendering import HEADERS


def as_json(text: str) -> Response:
    """A JSON document that no browser keeps."""
    return Response(text, media_type="application/json", headers=HEADERS)

"""A county whose pages of referrals are served to real browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from shared.web.site.fakes import FakeSite
from tests.integration.refer_made import Pagewise
from tests.integration.referrals_made import county


@contextmanager
def referring(infra: Any, folder: Path, serve: Callable[..., FakeSite]) -> Iterator[Pagewise]:
    """The county and its pages, until the end."""
    with county(infra, folder) as made:
        found: list[Pagewise] = []

        def make(fake: FakeSite) -> FastAPI:
            found.append(Pagewise(made, fake))
            return found[0].app

        serve(make)
        yield found[0]

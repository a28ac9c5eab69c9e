"""The commands of referrals: what a page or the API can do, on the command line."""

from __future__ import annotations

import typer

from services.referrals.cli import submissions, things


def register(app: typer.Typer) -> None:
    """Adds `accord concern|case|referral|screening|cover|deadletters|submit|receipts`."""
    things.register(app)
    submissions.register(app)

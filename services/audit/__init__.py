"""Audit: keeps every record as it was published, replays any case, and proves it."""

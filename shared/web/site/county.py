"""The county's own name, colour and picture on every page, from settings."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.settings import Misconfigured, Settings
from shared.web.site.assets import Asset, asset

#: WCAG 2.2, 1.4.3: white words on the county's colour.
LEAST_CONTRAST = 4.5
LARGEST_LOGO = 50_000
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class County:
    """What is the county's own on its pages."""

    name: str
    zone: ZoneInfo
    support: str
    style: Asset
    logo: Asset | None = None
    assets: dict[str, Asset] = field(default_factory=dict)


def county_of(settings: Settings) -> County:
    """Read the settings `ACCORD_SITE_…`, and the logo's file. Raises Misconfigured."""
    colour = settings.site_colour
    if not _COLOUR.fullmatch(colour) or contrast_with_white(colour) < LEAST_CONTRAST:
        raise Misconfigured(
            "ACCORD_SITE_COLOUR must be #rrggbb, and dark enough for white words on it (4.5 to 1, WCAG 1.4.3)."
        )
    style = asset("county.css", f":root{{--county:{colour}}}\n".encode())
    try:
        zone = ZoneInfo(settings.site_time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Misconfigured(
            "ACCORD_SITE_TIME_ZONE is no time zone; it is like America/Los_Angeles."
        ) from error
    logo = _logo(settings)
    made = {one.name: one for one in (style, logo) if one is not None}
    return County(settings.site_county, zone, settings.site_support, style, logo, made)


def _logo(settings: Settings) -> Asset | None:
    path = settings.site_logo_file
    if path is None:
        return None
    try:
        body = path.read_bytes()
    except OSError as error:
        raise Misconfigured(f"ACCORD_SITE_LOGO_FILE cannot be read ({type(error).__name__}).") from error
    if path.suffix not in (".svg", ".png") or len(body) > LARGEST_LOGO:
        raise Misconfigured("ACCORD_SITE_LOGO_FILE must be an .svg or .png of at most 50 kB.")
    return asset(f"logo{path.suffix}", body)


def contrast_with_white(colour: str) -> float:
    """The contrast ratio of white and `#rrggbb` (WCAG 2.2, relative luminance)."""
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)

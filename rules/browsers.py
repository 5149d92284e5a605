"""What a browser calls itself, as a person would: "Firefox", "Windows"."""

from __future__ import annotations

# The first word found counts: most browsers also name those that they resemble.
BROWSERS = (
    ("YaBrowser/", "Yandex Browser"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def names(user_agent: str | None) -> tuple[str, str]:
    """The browser and the system; "" for what is not known."""
    said = user_agent or ""
    return _first(BROWSERS, said), _first(SYSTEMS, said)


def _first(table: tuple[tuple[str, str], ...], said: str) -> str:
    return next((name for sign, name in table if sign in said), "")

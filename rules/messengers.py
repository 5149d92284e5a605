"""Messengers by which people may be told: the firm has an account there, and each person gives where they read. Written
as Apprise writes addresses. What a person gives is checked strictly, so that it stays one recipient of one service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

OWN = "apprise"  # a whole address of one person, which an admin gives
TARGET_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Messenger:
    """`example` is an address of the firm's account; `target` what a person may give, `shown_as` how that looks. A
    `secret` target is a key of the person's: it is kept apart and not shown. `in_query`: where the address takes it."""

    name: str
    schemes: tuple[str, ...]
    example: str
    target: re.Pattern[str]
    shown_as: str
    is_secret: bool = False
    in_query: bool = False


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_PHONE = _of(r"\+[1-9]\d{6,14}")
MESSENGERS: dict[str, Messenger] = {
    "telegram": Messenger("Telegram", ("tgram",), "tgram://BOT_TOKEN", _of(r"-?\d{4,20}(:\d{1,10})?"), "123456789"),
    "whatsapp": Messenger("WhatsApp", ("whatsapp",), "whatsapp://TOKEN@PHONE_ID", _PHONE, "+79125550177"),
    "signal": Messenger("Signal", ("signal", "signals"), "signals://host/+15550100", _PHONE, "+79125550177"),
    "matrix": Messenger(
        "Matrix",
        ("matrix", "matrixs"),
        "matrixs://user:password@host",
        _of(r"[!#@][A-Za-z0-9._=+-]{1,100}:[A-Za-z0-9.-]{1,100}(:\d{1,5})?"),
        "@anna:example.org",
    ),
    "slack": Messenger("Slack", ("slack",), "slack://xoxb-BOT-TOKEN", _of(r"[@+#]?[A-Za-z0-9_-]{1,80}"), "@U01234567"),
    "mattermost": Messenger(
        "Mattermost",
        ("mmost", "mmosts"),
        "mmosts://host/TOKEN",
        _of(r"[a-z0-9][a-z0-9_-]{1,63}"),
        "anna-alerts",
        in_query=True,
    ),
    "zulip": Messenger(
        "Zulip",
        ("zulip",),
        "zulip://bot@organisation/TOKEN",
        _of(r"[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+"),
        "anna@example.com",
    ),
    "nextcloud_talk": Messenger(
        "Nextcloud Talk", ("nctalk", "nctalks"), "nctalks://user:password@host", _of(r"[A-Za-z0-9]{4,64}"), "a1b2c3d4"
    ),
    "webex": Messenger("Webex", ("wxteams", "webex"), "webex://BOT_TOKEN", _of(r"[\w.+@-]{3,200}"), "anna@example.com"),
    "ntfy": Messenger("ntfy", ("ntfy", "ntfys"), "ntfys://TOKEN@host", _of(r"[A-Za-z0-9_-]{1,64}"), "anna-7f3k"),
    "gotify": Messenger(
        "Gotify",
        ("gotify", "gotifys"),
        "gotifys://host",
        _of(r"[A-Za-z0-9._-]{8,64}"),
        "AbCdEfGhIjKlMnO",
        is_secret=True,
    ),
}
# What an admin may give as one person's own: the above, and services whose key is itself one person's or one room's.
OWN_SCHEMES = frozenset(scheme for each in MESSENGERS.values() for scheme in each.schemes) | frozenset(
    ("bark", "barks", "discord", "gchat", "guilded", "line", "lark", "pbul", "pover", "prowl", "pushy", "rocket",
     "rockets", "simplepush", "spush", "synology", "synologys", "threema", "twist", "workflow", "workflows")
)  # fmt: skip


def is_account(kind: str, url: str) -> bool:
    """Whether this can be the firm's account of that messenger."""
    scheme, mark, rest = url.partition("://")
    return bool(mark and rest) and scheme.lower() in MESSENGERS[kind].schemes


def is_own(url: str) -> bool:
    """Whether this can be the whole address of one person."""
    scheme, mark, rest = url.partition("://")
    return bool(mark and rest) and scheme.lower() in OWN_SCHEMES


def has_secret(kind: str) -> bool:
    """Whether what was given is a key, which is kept apart."""
    return kind == OWN or (kind in MESSENGERS and MESSENGERS[kind].is_secret)


def masked(kind: str, raw: str) -> str:
    """What is shown of a key: enough to tell two apart."""
    start = f"{raw.partition('://')[0]}://…" if kind == OWN else "…"
    return f"{start}{sha256(raw.encode()).hexdigest()[:8]}"


def address(kind: str, account: str, target: str) -> str:
    """Where a word goes: the firm's account with this recipient."""
    place, mark, query = account.partition("?")
    if MESSENGERS[kind].in_query:
        return f"{account}{'&' if mark else '?'}to={quote(target, safe='')}"
    return f"{place.rstrip('/')}/{quote(target, safe='')}{mark}{query}"

"""What a person gives so that they are told in a messenger, and what an admin sets up there."""

from __future__ import annotations

from rules.messengers import MESSENGERS, OWN
from webapp.i18n import N_
from webapp.i18n.isolates import gettext

OWN_NAME = N_("another messenger")
GIVE = {
    "telegram": N_("your Telegram ID: open the firm's bot and press Start; @userinfobot tells you your ID"),
    "whatsapp": N_("your phone number there, with the country code"),
    "signal": N_("your phone number there, with the country code"),
    "matrix": N_("your name or a room"),
    "slack": N_("your member id, from your profile there"),
    "mattermost": N_("a channel that you read: its name, or its id where the firm writes by a bot"),
    "zulip": N_("the e-mail address by which you sign in there"),
    "nextcloud_talk": N_("the last part of a conversation's address"),
    "webex": N_("the e-mail address by which you sign in there, or a room's id"),
    "ntfy": N_("a topic that you follow; anybody who knows its name can read it, so make it long"),
    "gotify": N_("the token of an application that you created there; it is not shown again"),
    OWN: N_("a full address in Apprise's format; it is not shown again"),
}
ACCOUNT = {
    "telegram": N_("A bot: @BotFather creates one and gives you its token."),
    "whatsapp": N_("A business account: its token and the id of its phone number."),
    "signal": N_("Your own signal-cli-rest-api, and the number it is registered with."),
    "matrix": N_("An account of the firm on its server."),
    "slack": N_("An app with the right chat:write: the token of its bot."),
    "mattermost": N_("An incoming webhook: the last part of its address. For a bot: its token, and ?mode=bot."),
    "zulip": N_("A bot: its name, the organisation, its key."),
    "nextcloud_talk": N_("An account of the firm that takes part in the conversations."),
    "webex": N_("The token of a bot."),
    "ntfy": N_("Your server or ntfy.sh, with a token if it needs one."),
    "gotify": N_("Your server: each person creates their own token there."),
}


def name(kind: str) -> str:
    """A name that is the same in every language, or "" when it is none of these."""
    if kind == OWN:
        return str(gettext(OWN_NAME))
    return MESSENGERS[kind].name if kind in MESSENGERS else ""


def to_give(kind: str) -> str:
    """What a person is asked for."""
    return str(gettext(GIVE[kind])) if kind in GIVE else ""


def looks(kind: str) -> str:
    """An example of it; "" where everybody knows."""
    return MESSENGERS[kind].shown_as if kind in MESSENGERS else ""


def account(kind: str) -> str:
    """What an admin needs there."""
    return str(gettext(ACCOUNT[kind]))

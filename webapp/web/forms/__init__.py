"""Forms, one mechanism for all: what a form asks for is declared, what was posted is read by that, what its fields had
shown is compared, and a refused form comes back as it was typed, each problem beside its field."""

from webapp.web.forms.meanwhile import Kept, Pairs, check
from webapp.web.forms.posted import SENDER, WAS, Form, Posted, asked, asked_day, posted_pairs, read_id, read_minor
from webapp.web.forms.senders import is_same_origin, posted_by
from webapp.web.forms.states import BLANK, FormState

__all__ = [
    "BLANK",
    "SENDER",
    "WAS",
    "Form",
    "FormState",
    "Kept",
    "Pairs",
    "Posted",
    "asked",
    "asked_day",
    "check",
    "is_same_origin",
    "posted_by",
    "posted_pairs",
    "read_id",
    "read_minor",
]

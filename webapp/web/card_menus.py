"""The menu of a card as an answer: where to move it, what comes next, quick actions. Drawn whole by every door, also
when one of its forms comes back refused."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

from webapp.access.viewer import viewer
from webapp.models import Deal
from webapp.queries import next_steps, quick_acts
from webapp.snapshots import setups
from webapp.web.forms import BLANK, FormState
from webapp.web.responses import fragment, page, wants_fragment


def card_menu(deal: Deal, form: FormState = BLANK) -> Response:
    """The menu of a deal that the viewer may write; `form` is the one of its forms that was refused."""
    scope = viewer().scope
    context: dict[str, Any] = {
        "deal": deal,
        "form": form,
        "stages": setups.current().stages_of(deal.pipeline_id),
        "asked_step": next_steps.asked(deal, scope),
        "address": current_app.config["SETTINGS"].url,
        **quick_acts.offered(deal, scope),
    }
    build, template = (fragment, "board/move_to.htmx.html") if wants_fragment() else (page, "deals/move.html")
    return build(template, status=form.status, **context)

"""What a change of the set-up touches, in words: each consequence, and each remedy."""

from __future__ import annotations

from rules.consequences import Consequence, Remedy
from rules.setup_documents import Document, Item
from rules.setup_pointers import spec_of
from webapp.i18n import N_, formats, named, setup_changes
from webapp.i18n.isolates import gettext, ngettext
from webapp.snapshots import names_today, setups

REMEDIES = {
    "move": N_("Move to %(stage)s"),
    "lead": N_("Lead to %(stage)s"),
    "from": N_("Require from %(stage)s"),
    "archive": N_("Archive it"),
    "drop": N_("Remove that part"),
    "leave": N_("Leave as it is"),
    "keep": N_("Keep as they are"),
    "rearm": N_("Recount from the actual start"),
    "call_off": N_("Call them off"),
    "keep_chosen": N_("Keep: it stays readable"),
    "put": N_("Replace with %(option)s"),
    "empty": N_("Empty them"),
    "let": N_("Leave them: the next move will ask"),
    "fill": N_("Fill them all with one value"),
    "take_back": N_("Undo it where nobody has changed it since"),
    "stay": N_("Leave it as it is"),
    "let_go": N_("Remove that part"),
    "forget": N_("Delete these views"),
    "goes_to": N_("Send its inquiries to %(pipeline)s"),
    "close": N_("Close the form"),
    "wake": N_("Resume them, counted from when they began"),
    "ignore": N_("Leave these deals alone"),
    "as_entered_now": N_("Treat them as if they came now"),
    "give": N_("Name %(person)s instead"),
    "give_head": N_("Name the head of the responsible instead"),
    "give_department": N_("Name department %(department)s instead"),
    "any_department": N_("Name no department"),
    "from_true_entry": N_("Count from when they actually came"),
}
GUESTS = {"views_name", "seasons_name", "tokens_used", "form_of"}
KINDS = {
    "trigger_to_stage": N_("%(thing)s leads to a stage that is being archived"),
    "robot_on_stage": N_("%(thing)s is on a stage that is being archived"),
    "required_from_stage": N_("%(thing)s is required from a stage that is being archived"),
    "condition_of_field": N_("%(thing)s is required under a condition that uses what is being archived"),
    "robot_uses": N_("%(thing)s uses something that is being archived"),
    "trigger_uses": N_("%(thing)s uses something that is being archived"),
    "trigger_over_stage": N_("%(thing)s would skip the new stage"),
    "required_behind_stage": N_("%(thing)s is only required after the new stage"),
}


def text(found: Consequence, after: Document) -> str:
    """What is touched, in a line."""
    if found.kind == "acts_done":
        return ngettext(
            "Version %(number)s changed %(num)d record when it was published",
            "Version %(number)s changed %(num)d records when it was published",
            found.count,
            number=found.about,
        )
    item = after.get(found.item, found.about)
    thing = setup_changes.thing(found.item, found.about, item.name if item else {})
    n = found.count
    if found.kind in GUESTS:
        return _guests(found, thing, item)
    if found.kind == "deals_on_stage":
        return ngettext("%(thing)s: %(num)d deal on it", "%(thing)s: %(num)d deals on it", n, thing=thing)
    if found.kind == "runs_called_off":
        return ngettext("%(thing)s: %(num)d waiting run ends", "%(thing)s: %(num)d waiting runs end", n, thing=thing)
    if found.kind == "waiting_runs":
        return ngettext("%(thing)s: %(num)d run is waiting", "%(thing)s: %(num)d runs are waiting", n, thing=thing)
    if found.kind == "runs_stopped":
        return ngettext(
            "%(thing)s: %(num)d run stopped within the last day can resume",
            "%(thing)s: %(num)d runs stopped within the last day can resume",
            n,
            thing=thing,
        )
    if found.kind == "deals_already_there":
        return ngettext(
            "%(thing)s: %(num)d deal already there", "%(thing)s: %(num)d deals already there", n, thing=thing
        )
    if found.kind == "values_kept":
        return ngettext(
            "%(thing)s: %(num)d value stays readable", "%(thing)s: %(num)d values stay readable", n, thing=thing
        )
    if found.kind == "option_chosen":
        return ngettext(
            "%(thing)s: “%(option)s” is chosen in %(num)d record",
            "%(thing)s: “%(option)s” is chosen in %(num)d records",
            n,
            thing=thing,
            option=_option(item, found.by),
        )
    if found.kind == "person_gone":
        who = _person(found.by.partition("=")[2])
        return gettext("%(thing)s names %(person)s, who no longer works here", thing=thing, person=who)
    if found.kind == "department_gone":
        called = _department(found.by.partition("=")[2])
        return gettext("%(thing)s names department %(name)s, which is in the archive", thing=thing, name=called)
    if found.kind == "deals_lack":
        return _lack(found, thing)
    said = gettext(KINDS[found.kind], thing=thing)
    return f"{said}: {_took(n)}" if found.kind == "trigger_over_stage" and n else said


def _lack(found: Consequence, thing: str) -> str:
    """Those that stand there; those that are on their way there; those that robots are going to move there; and how
    many may be led there, by where the deals of an archived stage go."""
    there = found.count - found.maybe - found.coming - found.led
    sure = ngettext(
        "%(thing)s: %(num)d open deal already there lacks it",
        "%(thing)s: %(num)d open deals already there lack it",
        there,
        thing=thing,
    )
    coming = ngettext(
        "%(num)d open deal on its way there lacks it", "%(num)d open deals on their way there lack it", found.coming
    )
    maybe = ngettext(
        "%(num)d deal on a stage that is being archived lacks it, if it is moved there",
        "%(num)d deals on stages that are being archived lack it, if they are moved there",
        found.maybe,
    )
    led = ngettext(
        "robots are going to move %(num)d open deal there that lacks it",
        "robots are going to move %(num)d open deals there that lack it",
        found.led,
    )
    parts = (found.coming, coming), (found.led, led), (found.maybe, maybe)
    more = "; ".join(words for n, words in parts if n)
    if more and not there:
        return f"{thing}: {more}"
    return f"{sure}; {more}" if more else sure


def _took(n: int) -> str:
    return ngettext("%(num)d deal went this way in 30 days", "%(num)d deals went this way in 30 days", n)


def _guests(found: Consequence, thing: str, item: Item | None) -> str:
    """What stands beside the set-up and names it."""
    n = found.count
    if found.by:
        thing = gettext("%(thing)s, option “%(option)s”", thing=thing, option=_option(item, found.by))
    if found.kind == "views_name":
        return ngettext(
            "%(thing)s: %(num)d saved view uses it", "%(thing)s: %(num)d saved views use it", n, thing=thing
        )
    if found.kind == "seasons_name":
        return ngettext("%(thing)s: %(num)d season uses it", "%(thing)s: %(num)d seasons use it", n, thing=thing)
    if found.kind == "tokens_used":
        return ngettext(
            "%(num)d program used the API in 30 days and may refer to what is being archived",
            "%(num)d programs used the API in 30 days and may refer to what is being archived",
            n,
        )
    return ngettext(
        "%(thing)s: a form on your site, %(num)d inquiry in 30 days",
        "%(thing)s: a form on your site, %(num)d inquiries in 30 days",
        n,
        thing=thing,
    )


def _person(email: str) -> str:
    people = setups.current().people.values()
    return next((named.person(each.id) for each in people if each.email == email), email)


def _department(path: str) -> str:
    """As the firm calls it; the path where nobody knows it."""
    name = names_today.department(path)
    return named.quoted(formats.text(name)) if name else path


def _option(item: Item | None, key: str) -> str:
    """An option as the firm calls it."""
    options = spec_of(item).options if item else ()
    return next((formats.text(each.label) or key for each in options if each.key == key), key)


def remedy(found: Remedy, after: Document, about: Consequence | None = None) -> str:
    """What can be done."""
    option = _option(after.get("field", about.about), found.to) if about and found.verb == "put" else found.to
    pipeline = after.get("pipeline", found.to)
    return gettext(
        REMEDIES[found.verb],
        stage=setup_changes.place_name(found.to, after),
        option=option,
        pipeline=formats.text(pipeline.name) if pipeline else found.to,
        person=_person(found.to),
        department=_department(found.to) if found.verb == "give_department" else "",
    )

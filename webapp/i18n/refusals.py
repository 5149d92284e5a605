"""Why something was refused, and what to do about it. A refusal names what is missing and offers it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from webapp.errors import Refused
from webapp.i18n import N_, field_words, formats, history
from webapp.i18n.isolates import gettext
from webapp.snapshots import setups

REASONS = {
    "not_yours": N_("You can read this, but only its owner or a head can change it."),
    "another_company": N_(
        "Nobody at this company is your client. Those whose clients work there may change it: ask them."
    ),
    "another_client": N_("This client is not yours. %(who)s may change what is kept of them: ask there."),
    "known_contact": N_("%(name)s has this phone or e-mail already."),
    "own_work": N_("Nobody accepts their own work: your head will."),
    "wrong_sign_in": N_("Wrong e-mail or password. Check both and try again."),
    "too_many": N_("Too many tries. Wait a minute and try again."),
    "busy": N_("Too many passwords are being checked at this moment. Try again in a few seconds."),
    "only_admin": N_("%(name)s is the only admin. Make somebody else an admin first."),
    "stale_chart": N_("%(who)s has changed %(name)s meanwhile. This is the chart as it is now."),
    "removed_meanwhile": N_("%(who)s has removed this meanwhile. What you typed is kept below."),
    "circle": N_("%(name)s cannot stand under itself: %(way)s."),
    "department_in_use": N_("%(name)s is still in use: %(holders)s. Find another place for them first."),
    "webhook_in_use": N_("%(name)s is still told of things by these robots: %(robots)s."),
    "deactivated": N_("%(name)s is deactivated and signs in no more."),
    "no_gateway": N_("There is nothing to send by yet. An admin sets it up under Channels."),
    "words_enough": N_("That is %(limit)s codes and tests within an hour, which is the most. Try again later."),
    "code_was_sent": N_("A code was sent just now. Wait half a minute before you ask for another."),
    "not_confirmed": N_("Type the code that came there first."),
    "deal_went_on": N_("The deal has gone on meanwhile: there is nothing to try again."),
    "not_failed": N_("This has not failed: nothing is sent again."),
    "no_backup": N_("No backup could be made, so nothing was changed. The log says why."),
    "bad_fields": N_("Some values cannot be saved. Look at the marked fields."),
    "stale_fields": N_("Somebody has changed some of this meanwhile. Look at the marked fields."),
    "handed_in_anew": N_("The work was handed in anew meanwhile. Look at it first."),
    "file_handed_in": N_("This was handed in with the work: it stays."),
    "held_by_task": N_("The deal stays on %(stage)s until this is done: %(task)s. It is up to %(who)s."),
    "too_late": N_("This move can no longer be taken back. Move the deal as usual."),
    "step_too_late": N_("This can no longer be taken back. Change the next step as usual."),
    "no_next_step": N_("No next step is agreed any more: somebody was quicker."),
    "accept_or_return": N_("Accept the work or return it: nothing else settles this."),
    "item_settled": N_("This is settled already."),
    "item_taken": N_("%(who)s has taken this."),
    "item_yours": N_("You have taken this already."),
    "snoozed_enough": N_("This was put aside twice already: take it, or hand it on."),
    "nobody_to_ask": N_("There is nobody to ask about this."),
    "not_asked": N_("Nobody asks you about this any more."),
    "conflict": N_("This was already done with other data."),
    "draft_too_long": N_("The draft has too many changes. Publish it or discard it first."),
    "stale_plan": N_("Something has changed meanwhile. Look at the sheet again: what is new is marked."),
    "nothing_to_take_back": N_("There is nothing left that could be taken back."),
    "remedy_needed": N_("Choose what becomes of what is marked."),
    "has_consequences": N_("This touches more than itself. Look at the plan, and apply it."),
    "has_waiting_runs": N_("Runs that wait would be due at another time. Say what becomes of them."),
    "firms_calendar": N_("The firm's calendar stays: whoever has none of their own works by it."),
    "idempotency_conflict": N_("This Idempotency-Key was used before, for another body."),
}

CHART = ("stale_chart", "circle", "department_in_use")
ELSE_REFUSED = N_("This cannot be done now.")
ELSE_WRONG = N_("This cannot be saved.")

PROBLEMS = {
    "bad_lines": N_("Some lines cannot be read."),
    "department_not_known": N_("There is no department “%(named)s”, or there are several."),
    "head_or_deputy": N_("In the fourth place stands head, deputy, or nothing."),
    "blank": N_("Fill this in."),
    "too_long": N_("Too long: at most %(limit)s characters."),
    "not_text": N_("This is not plain text."),
    "not_a_number": N_("This is not a number. Write it like 1500 or 1500.50."),
    "ambiguous_number": N_("Is this %(either)s or %(other)s? Write it without the separator."),
    "too_large": N_("Too large: at most %(limit)s."),
    "too_precise": N_("At most %(digits)s digits after the point."),
    "negative": N_("This cannot be less than zero."),
    "not_positive": N_("This must be more than zero."),
    "not_yes_or_no": N_("Answer yes or no."),
    "not_an_option": N_("Choose one of the options."),
    "only_when_lost": N_("A reason of loss is kept for a lost deal only."),
    "one_neighbour": N_("Name one neighbour, before or after."),
    "no_such_country": N_("There is no such country. Write its two letters, as DE."),
    "no_such_currency": N_("There is no such currency. Choose one of the list."),
    "money_exists": N_("Sums have been written down already: the currency stays."),
    "wrong_code": N_("This is not the code. It stands where Dozor was started; each start makes a new one."),
    "not_one_of": N_("Choose one of these: %(options)s."),
    "snoozed_too_long": N_("At most two working days: until %(most)s."),
    "no_client": N_("No client belongs to this: choose a time."),
    "may_not_see_it": N_("This person may not see the deal."),
    "may_not_accept": N_("This person may not accept the work."),
    "not_a_date": N_("This is not a date. Write it like 2026-12-31."),
    "not_a_time": N_("This is not a time. Write it like 2026-12-31 14:30."),
    "date_out_of_range": N_("The date must be between %(first)s and %(last)s."),
    "not_a_phone": N_("There is no such phone number. Look it over, or write it with the country code."),
    "phone_without_country": N_("Write the number with its country code, beginning with a plus."),
    "no_such_country_code": N_("No country has the code +8. Write +7, or 8 alone."),
    "two_phones": N_("These are two numbers. Write one of them here."),
    "only_admins": N_("Only an admin may say that an address is somebody's own. Send the code that came there."),
    "listed_twice": N_("This address is in the list already."),
    "not_the_code": N_("This is not the code, or it is too old. Ask for another."),
    "no_gateway": N_("The firm has nothing to send by yet. An admin sets it up under Channels."),
    "not_a_host": N_("This is not the name of a server, as mail.example.com."),
    "not_a_port": N_("A port is a number up to 65535: 587 or 465, as a rule."),
    "not_a_gateway": N_("This is not the address of an SMS provider that Dozor knows."),
    "not_a_mail_server": N_("Write it like smtp://user:password@mail.example.com:587."),
    "out_of_range": N_("From %(least)s to %(most)s."),
    "only_browsers": N_("A browser is turned on in that browser itself, on the page of how one is told."),
    "not_a_messenger": N_("This is not the address of a messenger that Dozor knows."),
    "not_an_account": N_("This is not the address of an account there. It looks like %(example)s."),
    "not_a_target": N_("This cannot be a recipient there. It looks like %(example)s."),
    "only_admins_apprise": N_("Only an admin gives a whole address of a service."),
    "not_an_endpoint": N_("This is not the address of a push service."),
    "not_a_browsers_key": N_("This is not a key of a browser."),
    "not_an_email": N_("This is not an e-mail address."),
    "not_a_link": N_("This is not the address of a page, like https://example.org."),
    "email_taken": N_("Somebody here has this address already."),
    "post_without_department": N_("A head or deputy is one of a department: choose it too."),
    "not_rings": N_("From 1 to %(most)s rings."),
    "no_such_department": N_("There is no such department any more. Choose another."),
    "no_taker": N_("Choose who takes the open deals and tasks over."),
    "not_a_url": N_("This is not an address of a server, like https://example.com/hooks."),
    "not_https": N_("What is told must not be read on its way: the address begins with https://."),
    "private_address": N_(
        "This lies in a private network. Whoever runs the machine may allow it by DOZOR_OUTBOUND_ALLOW."
    ),
    "unknown_webhook": N_("There is no such webhook. An admin adds one under Channels."),
    "only_admins_reply_url": N_("Only an admin may say where replies go."),
    "too_many_webhooks": N_("There are %(limit)s webhooks already. Remove one first."),
    "too_many_tokens": N_("You have %(limit)s keys already. End one first."),
    "not_a_user": N_("Choose a person."),
    "not_a_stage": N_("Choose a stage."),
    "no_such_person": N_("There is no such person here any more. Choose another."),
    "namesakes": N_("There is a contact of this name already. Choose them, or say that yours is somebody new."),
    "choose_contact": N_("Choose one of these contacts, or make a new one."),
    "no_contact": N_("The deal has no contact to write to. Choose one first."),
    "no_company": N_("The client's company is not known yet. Name it in the contact first."),
    "no_such_contact": N_("There is no such contact. Choose another."),
    "not_in_department": N_("You can choose only people of your own departments."),
    "unknown_field": N_("There is no such field."),
    "unknown_pipeline": N_("There is no such pipeline."),
    "no_open_stage": N_("No open stage is left to begin at."),
    "unknown_stage": N_("There is no such stage."),
    "ambiguous_stage": N_("Several pipelines have such a stage: name it as pipeline/stage."),
    "taken": N_("This number is taken. Choose another."),
    "before_issued": N_("The due date cannot be before the date of issue."),
    "changed_meanwhile": N_("%(who)s has changed this to %(now)s meanwhile. Save yours again to put it in its place."),
    "away_already": N_("%(who)s has noted an absence meanwhile: %(days)s. Note yours again if it is another one."),
    "over_balance": N_("More than is owed: the balance is %(balance)s."),
    "foreign_currency": N_("This firm keeps its money in %(currency)s."),
    "wrong_password": N_("This is not your current password."),
    "too_many_views": N_("You have %(limit)s saved views already. Delete one first."),
    "too_short": N_("Too short: at least %(limit)s characters."),
    "not_the_same": N_("The two do not match."),
    "unknown_zone": N_("There is no such time zone."),
    "required": N_("Fill this in."),
    "money_as_text": N_('Write money as text with a point, as in "1500.00".'),
    "zone_missing": N_("Write the time with its zone, as in 2026-12-31T14:30:00+03:00."),
    "not_a_cursor": N_("This is no cursor of this list."),
    "not_an_object": N_("An object is expected here."),
    "has_it_already": N_("This person does it already. Choose somebody else."),
    "no_file": N_("Choose a file first."),
    "empty_file": N_("“%(file)s” is empty."),
    "file_too_large": N_("“%(file)s” is larger than %(limit)s MB."),
    "too_many_files": N_("A task has room for %(limit)s files. Take one off first."),
    "not_a_file_we_take": N_("“%(file)s” is not taken: pictures, PDF, text and office documents without macros are."),
    "grows_too_large": N_("“%(file)s” would grow too large when it is opened."),
    "in_the_past": N_("This moment is past already."),
    "no_deadline": N_("Without a deadline there is nothing to be reminded of."),
    "one_deadline": N_("Say either when it is due or in how many working days."),
    "own_work": N_("Nobody accepts their own work. Choose somebody else."),
    "unknown_key": N_("This is not asked for here."),
    "not_a_person": N_("Choose a person, the responsible or the head."),
    "not_a_delay": N_("Say how long: an amount and a unit."),
    "not_a_timing": N_("Say when: at once, after a while, or around a date."),
    "bad_amount": N_("Write a whole number up to %(limit)s."),
    "unknown_unit": N_("Count in minutes, hours or days, plain or working ones."),
    "not_a_date_field": N_("Choose a field that holds a date."),
    "not_a_week": N_("Give the hours of all seven days of the week."),
    "not_hours": N_("These are not hours. Write them like 09:00–13:00, 14:00–18:00."),
    "not_in_order": N_("These hours overlap, or stand in the wrong order."),
    "no_hours": N_("Say from when to when, as 09:00–13:00, 14:00–18:00."),
    "bad_range": N_("The last day cannot be before the first, nor more than a year after it."),
    "not_a_cover": N_("Choose a colleague who works here."),
    "cover_is_away": N_("This colleague is away then too. Choose another."),
    "bad_factor": N_("Write a number above 0 and up to 100, as 3 or 1.5."),
    "one_change": N_("Choose one: a factor, another norm, or a pause."),
    "has_calendar": N_("There is a calendar of their own already."),
    "one_owner": N_("Choose one department or one person."),
    "never_open": N_("With these hours nobody would ever be at work."),
    "unknown_country": N_("Holidays of this country are not known here. Choose another."),
    "too_deep": N_("Groups may stand one in another at most %(limit)s deep."),
    "nested_too_deep": N_("Nested too deep: at most %(limit)s levels."),
    "too_many": N_("Too many: at most %(limit)s."),
    "not_a_list": N_("A list is expected here."),
    "not_a_group": N_("Join conditions with AND or with OR."),
    "empty_group": N_("Add a condition to this group, or remove it."),
    "not_a_test": N_("A condition needs a field and how to compare it."),
    "unknown_entity": N_("A condition can look at the deal, its contact, company, invoices and conversation."),
    "unknown_operator": N_("This field cannot be compared like this."),
    "value_needed": N_("Say what to compare with."),
    "value_not_taken": N_("Nothing is compared here: leave the value out."),
    "is_fixed": N_("This cannot be changed any more, since values are kept by it. Make a new one."),
    "taken_key": N_("This key is taken. Choose another."),
    "not_a_key": N_("A key is made of small Latin letters, digits, - and _."),
    "twice": N_("This stands here twice."),
    "one_in_a_pipeline": N_("Name one stage in each pipeline."),
    "no_pipeline": N_("A firm needs a pipeline."),
    "points_at_nothing": N_("This points at something that is not there any more."),
    "list_needed": N_("List what to compare with."),
}

STATES = {
    "new": N_("new"),
    "in_progress": N_("in progress"),
    "awaiting_acceptance": N_("awaiting acceptance"),
    "done": N_("done"),
    "cancelled": N_("cancelled"),
    "paid": N_("paid"),
}


def refusal(refused: Refused) -> str:
    """The refusal in one sentence."""
    facts = refused.facts
    if refused.reason in ("required_fields", "client_lacks"):
        return _lacking(refused)
    if refused.reason == "stale" and not refused.problems:
        return _stale(facts)
    if refused.reason in CHART:
        return gettext(REASONS[refused.reason], **_of_chart(facts))
    if refused.reason == "webhook_in_use":
        robots = ", ".join(formats.text(each) for each in facts["robots"])
        return gettext(REASONS[refused.reason], name=facts["name"], robots=robots)
    if refused.reason == "held_by_task":
        stage, task = formats.text(facts["stage_name"]), formats.text(facts["task"])
        return gettext(REASONS[refused.reason], stage=stage, task=task, who=facts["who"])
    if refused.reason == "wrong_state":
        return _wrong_state(facts)
    if refused.reason in ("bad_fields", "stale") and len(refused.problems) == 1:
        ((_, found),) = refused.problems.items()
        return problem(found["code"], found)
    if refused.reason == "removed_meanwhile":
        facts = {"who": facts["who"] or gettext("Somebody")}
    reason = "stale_fields" if refused.reason == "stale" else refused.reason
    return gettext(REASONS.get(reason, ELSE_REFUSED), **facts)


def _of_chart(facts: Mapping[str, Any]) -> dict[str, str]:
    """Names of people stand as they are, those of departments in the reader's language."""
    way, holders = ([_named(each) for each in facts.get(key, ())] for key in ("way", "holders"))
    who = facts.get("who") or gettext("Somebody")
    return {"name": _named(facts["name"]), "who": who, "way": " → ".join(way), "holders": ", ".join(holders)}


def _named(name: str | Mapping[str, str]) -> str:
    return name if isinstance(name, str) else formats.text(name)


def _lacking(refused: Refused) -> str:
    stage = formats.text(refused.facts.get("stage_name"))
    if who := refused.facts.get("who"):
        theirs = ", ".join(formats.text(each.label) for each in refused.missing if each.entity == "contact")
        words = N_("%(stage)s needs of the client: %(fields)s. The client is not yours: %(who)s may fill it in.")
        return gettext(words, stage=stage, fields=theirs, who=who)
    labels = ", ".join(formats.text(each.label) for each in refused.missing)
    return gettext("%(stage)s needs: %(fields)s.", stage=stage, fields=labels)


def _stale(facts: Mapping[str, Any]) -> str:
    who = facts.get("by") or gettext("Somebody")
    at = formats.when(datetime.fromisoformat(facts["at"])) if facts.get("at") else ""
    if facts.get("event") == "deal.moved":
        stage = formats.text(facts.get("stage_name"))
        return gettext("%(who)s was quicker and moved it to %(stage)s at %(at)s.", who=who, stage=stage, at=at)
    return gettext("%(who)s changed it meanwhile. This is how it is now.", who=who)


def _wrong_state(facts: Mapping[str, Any]) -> str:
    state = gettext(STATES.get(str(facts.get("state")), "done"))
    if facts.get("by"):
        return gettext("%(who)s was quicker: it is %(state)s already.", who=facts["by"], state=state)
    return gettext("It is %(state)s already.", state=state)


def problem(code: str, facts: Mapping[str, Any]) -> str:
    """What is wrong with one field, and what to write instead."""
    worded = {key: value for key, value in facts.items() if key != "code"}
    if code == "changed_meanwhile":
        worded |= {"who": worded["who"] or gettext("Somebody"), "now": _as_shown(facts)}
    if code == "away_already":
        worded = {"who": facts["who"] or gettext("Somebody"), "days": _days(facts)}
    if code == "bad_lines":
        return " ".join(_in_line(each) for each in facts["lines"])
    if code == "over_balance":
        worded["balance"] = formats.money(worded["balance"], worded["currency"])
    if code == "not_an_option" and facts.get("options"):
        code, worded["options"] = "not_one_of", ", ".join(map(str, facts["options"]))
    return gettext(PROBLEMS.get(code, ELSE_WRONG), **worded)


def _days(facts: Mapping[str, Any]) -> str:
    days = gettext("%(first)s to %(last)s", first=formats.day(facts["first"]), last=formats.day(facts["last"]))
    return " · ".join([days, gettext("%(name)s stands in", name=facts["cover"])] if facts["cover"] else [days])


def _in_line(facts: Mapping[str, Any]) -> str:
    return gettext("Line %(line)s: %(why)s", line=facts["line"], why=problem(facts["code"], facts))


def _as_shown(facts: Mapping[str, Any]) -> str:
    now = facts["words"] if "words" in facts else _of_record(facts)
    return gettext("“%(words)s”", words=now) if now else "—"


def _of_record(facts: Mapping[str, Any]) -> str:
    setup = setups.current()
    spec = setup.catalogue.get(facts["entity"], facts["key"])
    if (facts["entity"], facts["key"]) == ("deal", "contact"):
        return history.client(facts["now"])
    return field_words.value(spec, facts["now"], setup.firm.currency) if spec else str(facts["now"] or "")


def problems(refused: Refused) -> dict[str, str]:
    """Every wrong field with its words."""
    return {field: problem(each["code"], each) for field, each in refused.problems.items()}

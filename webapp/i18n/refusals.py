"""Why something was refused, and what to do about it. A refusal names what is missing and offers it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from webapp.errors import Refused
from webapp.i18n import N_, field_words, formats, history
from webapp.i18n.facts import said
from webapp.i18n.isolates import gettext
from webapp.i18n.line_ends import BETWEEN
from webapp.i18n.setup_changes import thing
from webapp.snapshots import setups

REASONS = {
    "not_yours": N_("You can read this, but only the responsible or a head can change it."),
    "another_company": N_(
        "None of your clients works at this company. Ask those whose clients do: they may change it."
    ),
    "merged": N_("This contact has meanwhile become one with %(name)s."),
    "another_client": N_("This is not your client. Ask whoever may change their data: %(who)s."),
    "known_contact": N_("%(name)s already has this phone or e-mail."),
    "own_work": N_("Nobody accepts their own work: your head will."),
    "wrong_sign_in": N_("Wrong e-mail or password. Check both and try again."),
    "too_many": N_("Too many attempts. Wait a minute and try again."),
    "busy": N_("Too many passwords are being checked right now. Try again in a few seconds."),
    "only_admin": N_("%(name)s is the only admin. Make somebody else an admin first."),
    "only_admin_yet": N_(
        "%(name)s is the only admin who can sign in. Invited as admins, but not in yet: %(others)s."
        " Wait until one of them has set a password, or make somebody else an admin."
    ),
    "stale_chart": N_("%(who)s changed %(name)s in the meantime. This is the chart as it is now."),
    "removed_meanwhile": N_("%(who)s removed this in the meantime. What you typed is kept below."),
    "circle": N_("%(name)s cannot be under itself: %(way)s."),
    "department_in_use": N_("%(name)s is still in use: %(holders)s. Move them elsewhere first."),
    "webhook_in_use": N_("These robots still use the webhook “%(name)s”: %(robots)s. Change them first."),
    "deactivated": N_("%(name)s can no longer sign in: the account is closed."),
    "no_gateway": N_("No channel is set up for this yet. An admin can do it under Channels."),
    "words_enough": N_("At most %(limit)s codes and tests an hour. Try again later."),
    "code_was_sent": N_("A code has just been sent. Wait half a minute before you ask for another."),
    "not_confirmed": N_("First type the code that was sent there."),
    "deal_went_on": N_("The deal has moved on in the meantime: there is nothing to try again."),
    "no_way_to_client": N_("There is no way to this client now: the deal says why above the reply."),
    "not_failed": N_("This has not failed, so there is nothing to send again."),
    "no_backup": N_("No backup could be made, so nothing was changed. The log says why."),
    "bad_fields": N_("Some values cannot be saved. Check the marked fields."),
    "stale_fields": N_("Somebody changed some of this in the meantime. Check the marked fields."),
    "handed_in_anew": N_("The work was submitted again in the meantime. Look at it first."),
    "returned_anew": N_("The work was returned in the meantime. Look at what needs to be redone first."),
    "file_handed_in": N_("This was submitted with the work, so it stays."),
    "held_by_task": N_("The deal stays on %(stage)s until this is done: %(task)s. It is up to %(who)s."),
    "too_late": N_("This move can no longer be undone. Move the deal as usual."),
    "step_too_late": N_("This can no longer be undone. Change the next step as usual."),
    "no_next_step": N_("The next step is already gone: somebody was quicker."),
    "accept_or_return": N_("Accept the work or return it: nothing else settles this."),
    "item_settled": N_("This is already settled."),
    "item_taken": N_("%(who)s has taken this."),
    "item_yours": N_("You have already taken this."),
    "snoozed_enough": N_("This was already snoozed twice: take it, or hand it off."),
    "nobody_to_ask": N_("There is nobody to ask about this."),
    "not_asked": N_("Nobody is asking you about this any more."),
    "conflict": N_("This was already done with other data."),
    "built_on": N_(
        "Other changes in the draft need this: %(things)s (%(who)s). Change those first, or archive it instead."
    ),
    "is_archived": N_("This is in the archive. To change it, restore it first."),
    "draft_too_long": N_("The draft has too many changes. Publish it or discard it first."),
    "stale_plan": N_("Something changed in the meantime. Look at the list again: what is new is marked."),
    "nothing_to_take_back": N_("There is nothing left to undo."),
    "remedy_needed": N_("Choose what to do with what is marked."),
    "has_consequences": N_("This affects other things too. Look at the plan, then apply it."),
    "has_waiting_runs": N_("Waiting runs would be due at another time. Choose what to do with them."),
    "firms_calendar": N_("The firm's calendar cannot be removed: it applies to everybody without one of their own."),
    "idempotency_conflict": N_("This Idempotency-Key was used before, for another body."),
}

CHART = ("stale_chart", "circle", "department_in_use")
NUMBERS = N_("Phone numbers are given to another department, or removed, under Channels.")
SETTLED_AS = {
    "called_back": N_("%(who)s has already called back."),
    "no_client": N_("%(who)s has already said that the caller is not a client."),
    "contact": N_("%(who)s has already said that the caller is %(contact)s."),
    "deal": N_("This call already has its deal."),
}
ELSE_REFUSED = N_("This cannot be done now.")
ELSE_WRONG = N_("This cannot be saved.")

PROBLEMS = {
    "bad_lines": N_("Some lines cannot be read."),
    "department_not_known": N_("There is no department “%(named)s”, or several have this name."),
    "head_or_deputy": N_("In the fourth place write head, deputy or nothing."),
    "blank": N_("Fill this in."),
    "too_long": N_("Too long: at most %(limit)s characters."),
    "not_text": N_("This is not plain text."),
    "not_a_number": N_("This is not a number. Write it like 1500 or 1500.50."),
    "ambiguous_number": N_("Is this %(either)s or %(other)s? Write it without the separator."),
    "too_large": N_("Too large: at most %(limit)s."),
    "too_precise": N_("At most %(digits)s digits after the decimal point."),
    "negative": N_("This cannot be less than zero."),
    "not_positive": N_("This must be more than zero."),
    "not_yes_or_no": N_("Answer yes or no."),
    "not_an_option": N_("Choose one of the options."),
    "only_when_lost": N_("Only a lost deal has a reason."),
    "one_neighbour": N_("Name one neighbour, before or after."),
    "no_such_country": N_("There is no such country. Write its two-letter code, such as DE."),
    "no_such_currency": N_("There is no such currency. Choose one from the list."),
    "money_exists": N_(
        "Amounts have already been written down, in deals, fields, robots or versions of the set-up, so the currency"
        " cannot be changed."
    ),
    "wrong_code": N_("Wrong code. It is shown where Dozor was started; each start makes a new one."),
    "not_one_of": N_("Choose one of these: %(options)s."),
    "snoozed_too_long": N_("At most two working days: until %(most)s."),
    "of_the_house": N_("This is the phone of %(name)s, who works here, and not a client's."),
    "no_client": N_("No client is involved here: choose a time."),
    "may_not_see_it": N_("This person may not see the deal."),
    "may_not_accept": N_("This person may not accept the work."),
    "not_a_date": N_("This is not a date. Write it like 2026-12-31."),
    "not_a_time": N_("This is not a time. Write it like 2026-12-31 14:30."),
    "date_out_of_range": N_("The date must be between %(first)s and %(last)s."),
    "not_a_phone": N_("There is no such phone number. Check it, or write it with the country code."),
    "phone_without_country": N_("Write the number with its country code, beginning with a plus."),
    "no_such_country_code": N_("No country has the code +8. Write +7, or 8 alone."),
    "two_phones": N_("These are two numbers. Write one of them here."),
    "only_admins": N_("Only an admin can vouch for an address. Type the code that was sent there."),
    "listed_twice": N_("This address is already in the list."),
    "not_the_code": N_("The code is wrong or too old. Ask for another."),
    "no_gateway": N_("No channel is set up for this yet. An admin can do it under Channels."),
    "not_a_host": N_("This is not the name of a server, such as mail.example.com."),
    "not_a_port": N_("A port is a number up to 65535, usually 587 or 465."),
    "not_a_gateway": N_(
        "This is not the address of an SMS provider that Dozor knows. A gateway of your own begins with jsons:// where "
        "its address begins with https://."
    ),
    "not_a_mail_server": N_("Write it like smtp://user:password@mail.example.com:587."),
    "out_of_range": N_("From %(least)s to %(most)s."),
    "only_browsers": N_("A browser is added in that browser itself, on the page “How you are notified”."),
    "not_a_messenger": N_("This is not the address of a messenger that Dozor knows."),
    "not_an_account": N_("This is not the address of an account there. It looks like %(example)s."),
    "not_a_target": N_("This cannot be a recipient there. It looks like %(example)s."),
    "only_admins_apprise": N_("Only an admin can enter the full address of a service."),
    "not_an_endpoint": N_("This is not the address of a push service."),
    "not_a_browsers_key": N_("This is not a browser's key."),
    "not_a_sender": N_("Enter the address that mail comes from, with a name if you like: Acme <sales@example.com>."),
    "not_an_email": N_("This is not an e-mail address, such as name@example.com."),
    "not_a_link": N_("This is not the address of a page, such as https://example.org."),
    "email_taken": N_("Somebody here already has this address."),
    "post_without_department": N_("A head or deputy belongs to a department: choose it too."),
    "not_rings": N_("From 1 to %(most)s rings."),
    "no_such_department": N_("This department no longer exists. Choose another."),
    "no_taker": N_("Choose who takes over the open deals and tasks."),
    "not_a_url": N_("This is not the address of a server, such as https://example.com/hooks."),
    "not_https": N_("Messages must not be readable on the way: the address has to begin with https://."),
    "private_address": N_(
        "This address is in a private network. Whoever runs the machine can allow it with DOZOR_OUTBOUND_ALLOW."
    ),
    "unknown_webhook": N_("There is no such webhook. An admin can add one under Channels."),
    "only_admins_reply_url": N_("Only an admin may say where replies go."),
    "too_many_webhooks": N_("There are already %(limit)s webhooks. Remove one first."),
    "too_many_tokens": N_("You already have %(limit)s keys. Revoke one first."),
    "not_a_user": N_("Choose a person."),
    "not_a_stage": N_("Choose a stage."),
    "no_such_person": N_("This person no longer works here. Choose another."),
    "known_contact": N_("%(name)s already has this phone or e-mail. Choose them, or say that yours is somebody else."),
    "namesakes": N_("There is already a contact with this name. Choose it, or say that yours is somebody new."),
    "choose_contact": N_("Choose one of these contacts, or create a new one."),
    "client_changed": N_("The deal's contact is %(name)s now. If your message is for them, send it again."),
    "answered_meanwhile": N_(
        "%(who)s has replied in the meantime. Read that first; send yours too only if it is still needed."
    ),
    "no_contact": N_("The deal has no contact to write to. Choose one first."),
    "deal_without_contact": N_("The deal has no contact. Choose one first."),
    "no_company": N_("The client's company is not known yet. Enter it on the contact first."),
    "no_such_contact": N_("There is no such contact. Choose another."),
    "not_in_department": N_("You can only choose people from your own departments."),
    "given_twice": N_("This is given twice. Give it once."),
    "unknown_field": N_("There is no such field."),
    "no_own_field": N_("There is no field of your own here yet. An admin can add one under Fields."),
    "unknown_pipeline": N_("There is no such pipeline."),
    "no_open_stage": N_("No open stage is left to start on."),
    "unknown_stage": N_("There is no such stage."),
    "ambiguous_stage": N_("Several pipelines have such a stage: write it as pipeline/stage."),
    "taken": N_("This number is taken. Choose another."),
    "before_issued": N_("The due date cannot be before the date of issue."),
    "changed_meanwhile": N_("%(who)s changed this to %(now)s in the meantime. Save again to use your value."),
    "away_already": N_(
        "%(who)s recorded an absence in the meantime: %(days)s. Save again if yours is a different one."
    ),
    "paid_meanwhile": N_("%(who)s recorded a payment in the meantime. What is still owed: %(balance)s."),
    "invoiced_meanwhile": N_(
        "%(who)s issued invoice %(number)s in the meantime. Issue yours too only if it is for something else."
    ),
    "over_balance": N_("More than is owed: the balance is %(balance)s."),
    "foreign_currency": N_("This firm's currency is %(currency)s."),
    "wrong_password": N_("This is not your current password."),
    "too_many_views": N_("You already have %(limit)s saved views. Delete one first."),
    "too_short": N_("Too short: at least %(limit)s characters."),
    "same_contact": N_("These are the same contact already. Choose another."),
    "not_the_same": N_("The two do not match."),
    "unknown_zone": N_("There is no such time zone."),
    "required": N_("Fill this in."),
    "money_as_text": N_('Write money as text with a point, as in "1500.00".'),
    "zone_missing": N_("Write the time with its zone, as in 2026-12-31T14:30:00+03:00."),
    "not_a_cursor": N_("This cursor does not belong to this list."),
    "not_an_object": N_("An object is expected here."),
    "has_it_already": N_("This person is already doing it. Choose somebody else."),
    "no_file": N_("Choose a file first."),
    "empty_file": N_("“%(file)s” is empty."),
    "file_too_large": N_("“%(file)s” is larger than %(limit)s MB."),
    "too_many_files": N_("A task can have up to %(limit)s files. Remove one first."),
    "not_a_file_we_take": N_(
        "“%(file)s” was not accepted. Attach pictures, PDF, text or office documents without macros."
    ),
    "grows_too_large": N_("“%(file)s” would be too large once it is unpacked."),
    "in_the_past": N_("This time has already passed."),
    "no_deadline": N_("Without a deadline there is nothing to be reminded of."),
    "one_deadline": N_("Say either when it is due or in how many working days."),
    "own_work": N_("Nobody accepts their own work. Choose somebody else."),
    "unknown_key": N_("This is not needed here."),
    "not_a_person": N_("Choose a person, the responsible or the head."),
    "not_a_delay": N_("Say how long: an amount and a unit."),
    "not_a_timing": N_("Say when: at once, after a while, or around a date."),
    "bad_amount": N_("Write a whole number up to %(limit)s."),
    "unknown_unit": N_("Count in minutes, hours or days, plain or working ones."),
    "not_a_date_field": N_("Choose a field that holds a date."),
    "not_a_week": N_("Give the hours of all seven days of the week."),
    "not_hours": N_("These are not hours. Write them like 09:00–13:00, 14:00–18:00."),
    "not_in_order": N_("These hours overlap or are in the wrong order."),
    "no_hours": N_("Say from when to when, such as 09:00–13:00, 14:00–18:00."),
    "bad_range": N_("The last day cannot be before the first, nor more than a year after it."),
    "absence_is_over": N_("This absence would be over already: check the year."),
    "not_a_cover": N_("Choose a colleague who works here."),
    "cover_is_away": N_("This colleague is away then too. Choose another."),
    "bad_factor": N_("Write a number above 0 and up to 100, such as 3 or 1.5."),
    "one_change": N_("Choose one: a factor, another norm, or a pause."),
    "has_calendar": N_("They already have a calendar of their own."),
    "one_owner": N_("Choose one department or one person."),
    "never_open": N_("With these hours nobody would ever be at work."),
    "unknown_country": N_("The holidays of this country are not known. Choose another."),
    "too_deep": N_("Groups can be nested at most %(limit)s deep."),
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
    "is_fixed": N_("This can no longer be changed, since values depend on it. Create a new one."),
    "taken_key": N_("This key is taken. Choose another."),
    "not_a_key": N_("A key is made of lower-case Latin letters, digits, - and _."),
    "twice": N_("This is listed twice."),
    "one_in_a_pipeline": N_("Choose one stage in each pipeline."),
    "no_pipeline": N_("A firm needs a pipeline."),
    "points_at_nothing": N_("This refers to something that no longer exists."),
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
        words = gettext(REASONS[refused.reason], **_of_chart(facts))
        return f"{words} {gettext(NUMBERS)}" if facts.get("numbers") else words
    if refused.reason == "call_settled":
        sentence = SETTLED_AS[facts["settled_as"]]
        return gettext(sentence, who=facts["who"] or gettext("Somebody"), contact=facts["contact"])
    if refused.reason == "webhook_in_use":
        robots = ", ".join(formats.text(each) for each in facts["robots"])
        return gettext(REASONS[refused.reason], name=facts["name"], robots=robots)
    if refused.reason == "built_on":
        named = [thing(each["kind"], each["key"], each["name"]) for each in facts["things"]]
        who = ", ".join(facts["who"]) or gettext("Somebody")
        return gettext(REASONS[refused.reason], things=", ".join(named), who=who)
    if refused.reason == "held_by_task":
        stage, task = formats.text(facts["stage_name"]), said(facts["task"])
        return gettext(REASONS[refused.reason], stage=stage, task=task, who=facts["who"])
    if refused.reason == "wrong_state":
        return _wrong_state(facts)
    if refused.reason in ("bad_fields", "stale") and len(refused.problems) == 1:
        ((_, found),) = refused.problems.items()
        return problem(found["code"], found)
    if refused.reason == "known_contact" and facts.get("has") == "external_id":
        return gettext(N_("%(name)s already has this id of another system."), name=facts["name"])
    if refused.reason == "removed_meanwhile":
        facts = {"who": facts["who"] or gettext("Somebody")}
    reason = "stale_fields" if refused.reason == "stale" else refused.reason
    return gettext(REASONS.get(reason, ELSE_REFUSED), **facts)


def _of_chart(facts: Mapping[str, Any]) -> dict[str, str]:
    """Names of people stand as they are, those of departments in the reader's language."""
    way, holders = ([_named(each) for each in facts.get(key, ())] for key in ("way", "holders"))
    holders += map(formats.phone, facts.get("numbers", ()))
    who = facts.get("who") or gettext("Somebody")
    return {"name": _named(facts["name"]), "who": who, "way": " → ".join(way), "holders": ", ".join(holders)}


def _named(name: str | Mapping[str, str]) -> str:
    return name if isinstance(name, str) else formats.text(name)


def _lacking(refused: Refused) -> str:
    stage = formats.text(refused.facts.get("stage_name"))
    if who := refused.facts.get("who"):
        theirs = ", ".join(formats.text(each.label) for each in refused.missing if each.entity == "contact")
        words = N_("%(stage)s needs data of the client: %(fields)s. This is not your client: %(who)s may fill it in.")
        return gettext(words, stage=stage, fields=theirs, who=who)
    labels = ", ".join(formats.text(each.label) for each in refused.missing)
    return gettext("%(stage)s needs: %(fields)s.", stage=stage, fields=labels)


def _stale(facts: Mapping[str, Any]) -> str:
    who = facts.get("by") or gettext("Somebody")
    at = formats.when(datetime.fromisoformat(facts["at"])) if facts.get("at") else ""
    if facts.get("event") == "deal.moved":
        stage = formats.text(facts.get("stage_name"))
        return gettext("%(who)s was quicker and moved it to %(stage)s at %(at)s.", who=who, stage=stage, at=at)
    return gettext("%(who)s changed it in the meantime. This is how it is now.", who=who)


def _wrong_state(facts: Mapping[str, Any]) -> str:
    state = gettext(STATES.get(str(facts.get("state")), "done"))
    if facts.get("by"):
        return gettext("%(who)s was quicker: it is already %(state)s.", who=facts["by"], state=state)
    return gettext("It is already %(state)s.", state=state)


def problem(code: str, facts: Mapping[str, Any]) -> str:
    """What is wrong with one field, and what to write instead."""
    worded = {key: _figure(key, value) for key, value in facts.items() if key != "code"}
    if code == "changed_meanwhile":
        worded |= {"who": worded["who"] or gettext("Somebody"), "now": _as_shown(facts)}
    if code in ("paid_meanwhile", "invoiced_meanwhile"):
        worded["who"] = worded["who"] or gettext("Somebody")
    if code == "away_already":
        worded = {"who": facts["who"] or gettext("Somebody"), "days": _days(facts)}
    if code == "bad_lines":
        return " ".join(_in_line(each) for each in facts["lines"])
    if code in ("over_balance", "paid_meanwhile"):
        worded["balance"] = formats.money(worded["balance"], worded["currency"])
    if code == "not_an_option" and facts.get("options"):
        code, worded["options"] = "not_one_of", ", ".join(map(str, facts["options"]))
    return gettext(PROBLEMS.get(code, ELSE_WRONG), **worded)


def _figure(key: str, value: Any) -> Any:
    """A limit as its reader writes numbers."""
    is_limit = key in ("limit", "least", "most") and isinstance(value, int | float) and not isinstance(value, bool)
    return formats.number(value) if is_limit else value


def _days(facts: Mapping[str, Any]) -> str:
    days = gettext("%(first)s to %(last)s", first=formats.day(facts["first"]), last=formats.day(facts["last"]))
    return BETWEEN.join([days, gettext("%(name)s stands in", name=facts["cover"])] if facts["cover"] else [days])


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

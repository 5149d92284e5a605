"""Wrong readings of the policy, one at a time, as they were or might be written: what the comparison must find.

Each is one place that answers differently from the others. They patch the place, never the comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from sqlalchemy import ColumnElement, and_, or_, select, true

from rules import rights
from rules.rights import Scope
from rules.tasks import OPEN
from webapp.access import clients, filters, items
from webapp.live.sockets import Socket
from webapp.models import Contact, Deal, Membership, Task, TaskDecision
from webapp.queries import board, inbox, listings, mentions, new_tasks, next_steps, quick_acts, reaction_times, tasks
from webapp.queries import filters as board_filters
from webapp.services import contacts as services_of_contacts
from webapp.services import deals as services_of_deals
from webapp.services import tasks as services_of_tasks
from webapp.snapshots import recipients, setups
from webapp.snapshots import tasks as snapshots

Broken = Callable[[], Any]


def _own(scope: Scope) -> ColumnElement[bool]:
    me = scope.user_id
    return or_(Task.assignee_id == me, Task.creator_id == me, Task.acceptor_id == me)


def strangers_private_tasks() -> Any:
    """Who reads all deals reads "no deal" too: `true()` over an outer join."""
    wrong = lambda scope: and_(Deal.deleted_at.is_(None), or_(_own(scope), filters._read(scope)))  # noqa: E731
    return patch.object(filters, "tasks", wrong)


def tasks_of_deleted_deals() -> Any:
    return patch.object(filters, "_is_there", true)


def tasks_of_deleted_deals_by_the_door() -> Any:
    """The door forgets what the lists mind."""
    ask = rights.may_see_task

    def may_see_task(who: Any, task: Any, deal: Any, stand_ins: Any) -> bool:
        return ask(who, task, deal and deal._replace(is_deleted=False), stand_ins)

    return patch.object(rights, "may_see_task", may_see_task)


def a_private_task_open_to_anybody() -> Any:
    ask = rights.may_see_task
    return patch.object(rights, "may_see_task", lambda who, task, deal, ins: deal is None or ask(who, task, deal, ins))


def what_one_has_decided_is_forgotten_by_lists() -> Any:
    """The door alone remembers."""
    return patch.object(filters, "_decided_by", lambda user_id: [])


def what_one_has_decided_is_everybodys() -> Any:
    return patch.object(filters, "_decided_by", lambda user_id: select(TaskDecision.task_id))


def what_has_left_stays_on_open_pages() -> Any:
    """A page is told of a task that it still may show, and of nothing else."""
    ask = Socket.push

    def push(self: Socket, kind: str, **facts: Any) -> None:
        if kind != "task_gone":
            ask(self, kind, **facts)

    return patch.object(Socket, "push", push)


def only_the_acceptor_counts() -> Any:
    """Counter and tab look at the acceptor alone; prompts, too, ask nobody else."""
    return patch.object(filters, "stood_in_for", lambda user_id: [])


def only_the_counter_forgets_stand_ins() -> Any:
    ask = inbox.execute_core
    return patch.object(inbox, "execute_core", lambda query, **bound: ask(query, **{**bound, "stood_in": []}))


def prompts_for_everybody_when_a_head_is_away() -> Any:
    """Whoever looks is asked in the stead of all who are away."""

    def stood_in_for(user_id: int) -> list[int]:
        return list(filters.session().scalars(select(Task.id).where(Task.acceptor_id.in_(recipients.away()))))

    return patch.object(filters, "stood_in_for", stood_in_for)


def who_has_left_is_still_waited_for() -> Any:
    def is_missing(chart: Any, person_id: int, on: Any) -> bool:
        return bool(chart.people[person_id].is_away(on))

    def stood_in_for(user_id: int) -> list[int]:
        with patch.object(rights, "is_missing", is_missing):
            return ask(user_id)

    ask = filters.stood_in_for
    return patch.object(filters, "stood_in_for", stood_in_for)


def told_is_the_acceptor_alone() -> Any:
    return patch.object(snapshots, "deciders", lambda task: frozenset({task.acceptor_id} - {None}))


def ones_own_work_is_offered_for_acceptance() -> Any:
    def to_decide(me: Any, stood_in: Any) -> ColumnElement[bool]:
        return and_(Task.state == "awaiting_acceptance", Task.acceptor_id == me, Deal.deleted_at.is_(None))

    return patch.object(filters, "to_decide", to_decide)


def deleted_deals_listed() -> Any:
    return patch.object(listings.rights, "deals", lambda scope: filters._read(scope))


def deals_of_led_departments_alone() -> Any:
    """What a member of the department reads is forgotten."""
    wrong = lambda scope: or_(Deal.department_id.in_(scope.leads), Deal.responsible_id == scope.user_id)  # noqa: E731
    return patch.object(filters, "_read", wrong)


def ones_own_deal_of_another_department() -> Any:
    wrong = lambda scope: true() if scope.reads_all else Deal.department_id.in_(scope.reads)  # noqa: E731
    return patch.object(filters, "_read", wrong)


def a_counter_of_ones_own_clients() -> Any:
    """The bar counts the clients of one's own deals, the list shows those of the department too."""
    ask = inbox.execute_core
    return patch.object(inbox, "execute_core", lambda query, **bound: ask(query, **{**bound, "leads": []}))


def columns_counted_without_the_department() -> Any:
    """Their heads count one's own deals, where their cards are those of the department too."""
    ask = board.execute_core

    def execute_core(query: Any, **bound: Any) -> Any:
        return ask(query, **{**bound, **({"reads": []} if "reads" in bound else {})})

    return patch.object(board, "execute_core", execute_core)


def overdue_of_everybody() -> Any:
    ask = tasks._which
    late = and_(Task.due_at < filters.recipients.clock.now(), Task.state.in_(("new", "in_progress")))
    return patch.object(tasks, "_which", lambda scope, which: late if which == "overdue" else ask(scope, which))


def a_heads_own_work_as_their_peoples() -> Any:
    def of_ones_people(scope: Scope) -> ColumnElement[bool]:
        return Task.assignee_id.in_(select(Membership.user_id).where(Membership.department_id.in_(scope.leads)))

    return patch.object(filters, "of_ones_people", of_ones_people)


def private_work_of_ones_people() -> Any:
    """What a person has been asked without a deal is between its two sides."""
    ask = tasks._which
    theirs = lambda scope: and_(filters.of_ones_people(scope), Task.state.in_(OPEN), Deal.deleted_at.is_(None))  # noqa: E731
    return patch.object(tasks, "_which", lambda scope, which: theirs(scope) if which == "people" else ask(scope, which))


def the_heads_above_are_not_offered() -> Any:
    """The form of a new task has those alone for acceptance who may be given work."""
    ask = rights.why_not_given
    wrong = SimpleNamespace(why_not_given=ask, why_not_acceptor=lambda who, chart, person, of: ask(who, person))
    return patch.object(new_tasks, "rights", wrong)


def _everybody() -> list[Any]:
    return list(setups.current().people.values())


def anybody_offered() -> Any:
    """The menu offers whoever works here, and the rule refuses some of them."""
    return patch.object(quick_acts, "takers", lambda deal, scope: [each for each in _everybody() if each.is_active])


def the_present_owner_not_offered() -> Any:
    may = lambda scope: [each for each in _everybody() if not rights.why_not_given(scope, each)]  # noqa: E731
    return patch.object(quick_acts, "takers", lambda deal, scope: may(scope))


def new_deals_for_anybody() -> Any:
    """Making a deal asks only whether the person works here."""
    ask = services_of_deals.assignee
    return patch.object(services_of_deals, "assignee", lambda id, by, field: ask(id, replace(by, scope=None), field))


def new_tasks_within_ones_own_department() -> Any:
    """A copy of the rule that forgets the departments which the person leads."""
    ask = services_of_tasks.assignee

    def assignee(user_id: int, by: Any, field: str) -> Any:
        return ask(user_id, replace(by, scope=by.scope and replace(by.scope, leads=frozenset())), field)

    return patch.object(services_of_tasks, "assignee", assignee)


def the_api_reads_a_phone_as_it_is_written() -> Any:
    columns = (Contact.name, Contact.phone, Contact.email)

    def contact(words: str) -> ColumnElement[bool]:
        return or_(*(each.icontains(words, autoescape=True) for each in columns))

    return patch.object(listings, "mentions", SimpleNamespace(contact=contact, deal=mentions.deal))


def the_board_looks_in_titles_alone() -> Any:
    wrong = SimpleNamespace(deal=lambda words: Deal.title.icontains(words, autoescape=True))
    return patch.object(board_filters, "mentions", wrong)


def clients_of_whoever_sits_in_ones_department() -> Any:
    """Though each sees their own deals alone."""
    ask = rights.may_write_contact
    wrong = lambda who, rep, places: ask(who, rep, places) or not who.home.isdisjoint(places)  # noqa: E731
    return patch.object(rights, "may_write_contact", wrong)


def clients_of_the_rep_alone() -> Any:
    return patch.object(clients, "_departments", lambda contact: frozenset())


def clients_of_anybody_by_a_move() -> Any:
    return patch.object(services_of_contacts, "check_may_write", lambda contact, by: None)


def clients_made_one_by_whoever_may_write_one_of_them() -> Any:
    return patch.object(clients, "may_merge", lambda scope, one, other: clients.may_write(scope, one))


def steps_wanting_though_agreed() -> Any:
    return patch.object(next_steps, "needs_step", lambda: Deal.closed_at.is_(None))


def steps_of_everybody_counted() -> Any:
    return patch.object(next_steps.filters, "deals", lambda scope: Deal.deleted_at.is_(None))


def items_of_ones_own_deals_alone() -> Any:
    """Their door forgets the departments that one reads."""
    wrong = lambda item, scope: scope.may_write(item.about_id or 0, None)  # noqa: E731
    return patch.object(items, "opens_to", wrong)


def what_was_late_by_its_name() -> Any:
    """Also on a deal that has gone to others since."""
    return patch.object(reaction_times, "_open_to", lambda late, scope: late)


PLANTED: dict[str, Broken] = {
    each.__name__: each
    for each in (
        strangers_private_tasks,
        what_was_late_by_its_name,
        steps_wanting_though_agreed,
        steps_of_everybody_counted,
        items_of_ones_own_deals_alone,
        tasks_of_deleted_deals,
        tasks_of_deleted_deals_by_the_door,
        a_private_task_open_to_anybody,
        what_one_has_decided_is_forgotten_by_lists,
        what_one_has_decided_is_everybodys,
        what_has_left_stays_on_open_pages,
        only_the_acceptor_counts,
        only_the_counter_forgets_stand_ins,
        prompts_for_everybody_when_a_head_is_away,
        who_has_left_is_still_waited_for,
        told_is_the_acceptor_alone,
        ones_own_work_is_offered_for_acceptance,
        deleted_deals_listed,
        deals_of_led_departments_alone,
        ones_own_deal_of_another_department,
        a_counter_of_ones_own_clients,
        columns_counted_without_the_department,
        overdue_of_everybody,
        a_heads_own_work_as_their_peoples,
        private_work_of_ones_people,
        the_heads_above_are_not_offered,
        the_api_reads_a_phone_as_it_is_written,
        the_board_looks_in_titles_alone,
        clients_of_whoever_sits_in_ones_department,
        clients_of_the_rep_alone,
        clients_of_anybody_by_a_move,
        clients_made_one_by_whoever_may_write_one_of_them,
        anybody_offered,
        the_present_owner_not_offered,
        new_deals_for_anybody,
        new_tasks_within_ones_own_department,
    )
}

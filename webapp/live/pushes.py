"""What a change means to each open page: a card, a column's head, a person's own frame. Rendered once for all who
read the same; whoever may not see a deal is sent nothing about it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import Flask, render_template
from sqlalchemy import select

from rules import rights
from rules.rights import Scope
from webapp import clock
from webapp.background import heartbeats
from webapp.db import Changes, Owner, db, session
from webapp.live.sockets import Socket
from webapp.models import Deal, Task
from webapp.queries import board, calls, cards, important, inbox
from webapp.queries.board import Column, Total
from webapp.queries.cards import Card
from webapp.queries.frame import around
from webapp.snapshots import setups
from webapp.snapshots import tasks as snapshots
from webapp.web.templating import Reader, reading_as

Frames = dict[tuple[Scope, int], tuple[str, int, bool]]


def forward(app: Flask, sockets: Sequence[Socket], changes: Changes) -> None:
    """Hand every socket what concerns it."""
    by_reader: dict[Reader, list[Socket]] = defaultdict(list)
    for each in sockets:
        by_reader[each.reader].append(each)
        _setup(each, changes)
    for reader, readers in by_reader.items():
        with reading_as(app, reader):
            try:
                _deals(readers, changes)
                _clients(readers, changes)
                _calls(readers, changes.calls)
                people = set(changes.people) | _important(readers, changes.important)
                _people(readers, people, changes)
            finally:
                db.session.remove()


def _setup(socket: Socket, changes: Changes) -> None:
    """Pages ask for what they show of the set-up; of its draft only admins know."""
    if changes.setup:
        socket.push("setup")
    if changes.draft and socket.scope.is_admin:
        socket.push("draft")
    if changes.chart and socket.scope.is_admin:
        socket.push("chart")


def greet(app: Flask, socket: Socket, changed_at: datetime) -> None:
    """What a page that has just connected may have missed since it was rendered."""
    with reading_as(app, socket.reader):
        try:
            socket.push("since", at=int(changed_at.timestamp() * 1000))
            with socket.telling:
                socket.clients = inbox.clients(socket.scope)
                _frame(socket)
                socket.is_greeted = True
            socket.push("trouble", html=render_template("_trouble.html", trouble=heartbeats.trouble()).strip())
        finally:
            db.session.remove()


def catch_up(app: Flask, sockets: Sequence[Socket]) -> None:
    """Word of a notification may be lost, its row is not: whoever is behind their inbox is given what they lack."""
    with app.app_context():
        last = inbox.last({each.user_id for each in sockets})
        db.session.remove()
    for each in sockets:
        with each.telling:
            if each.is_greeted and each.seq < last.get(each.user_id, 0):
                with reading_as(app, each.reader):
                    _frame(each)
                    db.session.remove()


def trouble(app: Flask, sockets: Sequence[Socket], parts: str) -> None:
    """Say quietly on every open page that something is not running, or that all is well again."""
    for each in sockets:
        with reading_as(app, each.reader):
            each.push("trouble", html=render_template("_trouble.html", trouble=parts).strip())


def _deals(readers: Sequence[Socket], changes: Changes) -> None:
    touched: dict[Socket, set[int]] = defaultdict(set)
    lines: dict[Socket, list[str]] = defaultdict(list)
    for deal_id, stage_ids in changes.deals.items():
        row = session().execute(select(Deal.responsible_id, Deal.department_id).where(Deal.id == deal_id)).first()
        card = cards.card(deal_id)
        line = _card_line(card) if card else ""
        gone = json.dumps({"kind": "gone", "deal": deal_id})
        for each in readers:
            may = row is not None and each.scope.may_read(row.responsible_id, row.department_id)
            if may or any(each.scope.may_read(*was) for was in changes.left.get(deal_id, ())):
                lines[each].append(line if may and line else gone)
                touched[each].update(stage_ids)  # a message touches none
    heads = _heads({each: stages for each, stages in touched.items() if stages})
    for each, own in lines.items():
        each.push_lines(own + heads.get(each, []))


def _clients(readers: Sequence[Socket], changes: Changes) -> None:
    """Tell how many clients wait for an answer to whoever sees to it, where that, or who of them does, is no longer
    what their page knows: a client's word or an answer comes with no notification, and so with no frame."""
    if not changes.clients:
        return
    deals = select(Deal.id, Deal.responsible_id, Deal.department_id).where(Deal.id.in_(changes.clients))
    owners = [Owner(row[1], row[2]) for row in session().execute(deals)]
    owners += [was for each in changes.left.values() for was in each]
    known: dict[Scope, inbox.Clients] = {}
    for each in readers:
        if each.is_greeted and any(each.scope.watches(*owner) for owner in owners):
            found = known.get(each.scope) or known.setdefault(each.scope, inbox.clients(each.scope))
            if found != each.clients:
                each.clients = found
                each.push("clients", count=found.count)


def _card_line(card: Card) -> str:
    html = render_template("board/_card.html", card=card)
    return json.dumps({"kind": "card", "deal": card.id, "html": html.strip()}, ensure_ascii=False)


def _heads(touched: Mapping[Socket, set[int]]) -> dict[Socket, list[str]]:
    """Counts and sums are over what a viewer may see: once for each scope. That a deal moved which they may not see
    is not to be learned from a head either."""
    if not touched:
        return {}
    counted = board.parts(board.beside(sorted(set().union(*touched.values()))))
    by_scope: dict[Scope, list[str]] = {}
    known: dict[tuple[int, int, int], str] = {}
    for each, stage_ids in touched.items():
        if each.scope not in by_scope:
            heads = board.heads(each.scope, sorted(stage_ids), counted)
            lines = [_head_line(column, known) for column in heads.columns]
            by_scope[each.scope] = lines + [_total_line(total) for total in heads.totals]
    return {each: by_scope[each.scope] for each in touched}


def _head_line(column: Column, known: dict[tuple[int, int, int], str]) -> str:
    """A column's head; those who see the same numbers read the same."""
    key = (column.stage.id, column.count, column.sum_minor)
    if key not in known:
        html = render_template("board/_head.html", column=column, currency=setups.current().firm.currency)
        known[key] = json.dumps({"kind": "head", "stage": column.stage.id, "html": html.strip()}, ensure_ascii=False)
    return known[key]


def _total_line(total: Total) -> str:
    html = render_template("board/_total.html", each=total, currency=setups.current().firm.currency)
    return json.dumps({"kind": "total", "pipeline": total.pipeline_id, "html": html.strip()}, ensure_ascii=False)


def _people(readers: Sequence[Socket], people: set[int], changes: Changes) -> None:
    found = session().scalars(select(Task).where(Task.id.in_(changes.tasks))).all() if changes.tasks else []
    concerned = people.union(*map(snapshots.sides, found), *changes.tasks_left.values())
    for task in found:
        facts, left = snapshots.snapshot_of(task), changes.tasks_left.get(task.id, ())
        for each in readers:
            if rights.may_see_task(each.scope, *facts):
                each.push("task", task=task.id, deal=task.deal_id)
            elif each.user_id in left:
                each.push("task_gone", task=task.id)
            if each.user_id in left:
                each.push("important")
    known: Frames = {}
    for each in readers:
        if each.user_id in concerned:
            _frame(each, known)


def _calls(readers: Sequence[Socket], call_ids: Sequence[int]) -> None:
    """Tell the lists of calls without a deal: whoever may see such a call."""
    for department_id, rung in calls.whose(call_ids):
        for each in readers:
            if rights.may_see_call(each.scope, rung, department_id):
                each.push("calls")


def _important(readers: Sequence[Socket], item_ids: Sequence[int]) -> set[int]:
    """Tell the lists in which these items stand; whose counters change by it."""
    if not item_ids:
        return set()
    people = important.concerned(item_ids)
    for each in readers:
        if each.user_id in people:
            each.push("important")
    return people


def _frame(socket: Socket, known: Frames | None = None) -> None:
    """A person's own counters, prompts, and what they were told since this page last heard; `known` are those of the
    person's other pages."""
    with socket.telling:  # a later frame must not overtake an earlier one: its seq is the page's cursor
        key = (socket.scope, socket.seq)
        found = known.get(key) if known else None
        if found is None:
            found = _frame_line(socket.scope, socket.seq)
        if known is not None:
            known[key] = found
        line, socket.seq, is_more = found
        socket.push_line(line)
        if is_more:
            _frame(socket, known)


def _frame_line(scope: Scope, since: int) -> tuple[str, int, bool]:
    """The message, the last number that it tells of, and whether there is more than this page of it."""
    notices, shown = inbox.missed(scope.user_id, since), around(scope)
    counters = shown.counters
    seq = notices[-1].seq if notices else min(since, counters.seq)  # beyond: of a history that a restore has ended
    facts = {
        "kind": "frame",
        "seq": seq,
        "now": int(clock.now().timestamp() * 1000),
        "unread": counters.unread,
        "tasks": counters.tasks,
        "clients": counters.clients,
        "important": counters.important,
        "toasts": [render_template("inbox/_toast.html", notice=each).strip() for each in notices],
        "prompts": render_template("_prompts.html", prompts=shown.prompts).strip(),
        "calls": render_template("_calls.html", calls=shown.calls).strip(),
    }
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")), seq, len(notices) == inbox.PAGE

"""JSON v1 over the same services as the pages. Only bearer tokens open it, so a browser's
cookie is worth nothing here and no CSRF token is asked for."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect

from webapp.api import (
    absences,
    ages,
    calendars,
    calls,
    channels,
    companies,
    contacts,
    conversations,
    deals,
    deliveries,
    departments,
    errors,
    figures,
    firm,
    gateways,
    guard,
    history,
    important,
    invoices,
    notes,
    notifications,
    people,
    rehearsals,
    robots,
    seasons,
    setup,
    setup_plans,
    specification,
    staff,
    stages,
    task_comments,
    task_files,
    tasks,
    tellings,
    triggers,
    webhooks,
)
from webapp.api.routes import bp

__all__ = ["register"]
ROOMS = (
    absences,
    calendars,
    calls,
    channels,
    companies,
    contacts,
    conversations,
    deals,
    deliveries,
    departments,
    errors,
    ages,
    figures,
    firm,
    gateways,
    guard,
    history,
    important,
    invoices,
    notes,
    notifications,
    people,
    rehearsals,
    robots,
    seasons,
    setup,
    setup_plans,
    specification,
    staff,
    stages,
    task_comments,
    task_files,
    tasks,
    tellings,
    triggers,
    webhooks,
)


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Open the API's door."""
    csrf.exempt(bp)
    app.register_blueprint(bp)
    app.extensions["dozor.api_failed"] = errors.failed  # for addresses that no route of ours matches

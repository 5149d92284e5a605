"""People by the dozen, where the cast does not suffice."""

from __future__ import annotations

from webapp import clock
from webapp.db import transaction
from webapp.services import accounts
from webapp.snapshots import setups

ZONES = ("Europe/Moscow", "Asia/Yekaterinburg", "Europe/Berlin")


def hired(count: int, password_hash: str = "-") -> list[str]:
    """The e-mails of so many new reps, in two languages and three zones, in departments by turns. In the context of
    an app."""
    with transaction():
        homes = [each for each, names in setups.current().department_names.items() if names]
        emails = [f"hired{n}@dozor.example" for n in range(count)]
        for n, email in enumerate(emails):
            who = accounts.create(
                email, f"Сотрудник {n}", password_hash, locale="ru" if n % 2 else "en", zone=ZONES[n % 3],
                at=clock.now(), hue=n % 8,
            )  # fmt: skip
            accounts.place(who, homes[n % len(homes)])
        setups.changed()
    return emails

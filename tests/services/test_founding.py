"""Who begins a firm may do all that there is to do in it, and leads the one department to which its inquiries go."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from tests.conftest import Clock
from webapp.db import db, saving, session, transaction
from webapp.models import Department, Pipeline
from webapp.services import founding, places
from webapp.snapshots import setups


def test_who_begins_a_firm_is_its_admin_and_the_head_of_its_department(bare: Flask, clock: Clock) -> None:
    firm = founding.FirmDraft("Ost", "en", "Europe/Berlin", "EUR", "DE")
    with bare.app_context():
        if (file := saving.file_of(db.engine)) is not None:
            file.touch()  # no connection makes one
        db.create_all()
        with transaction():
            who = founding.found(firm, founding.AdminDraft("Vera", "vera@firm.example", "hash"))
        home = session().scalars(select(Department.id)).one()
        admin = setups.current().people[who]
        assert (admin.is_admin, admin.is_active, admin.department_id) == (True, True, home)
        assert places.of(who) == {home: "head"}
        assert session().scalars(select(Pipeline.department_id)).all() == [home]

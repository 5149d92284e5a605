"""A new firm begins where its founder's clock says: by whichever name a browser gives a zone, and never by another's
country or money."""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files
from typing import Any
from zoneinfo import available_timezones

import pytest
from babel.core import get_global
from flask import Flask
from sqlalchemy import select

from tests.views.scenes import browser, said
from tests.views.test_founding import OWN
from webapp.db import session
from webapp.errors import invalid
from webapp.models import Firm
from webapp.services import firms
from webapp.web import own_firm

ZONES = (files("tzdata") / "zoneinfo" / "tzdata.zi").read_text().splitlines()
LINKS = [line.split()[2] for line in ZONES if line.startswith("L ")]  # names that a zone has had, or has beside its own
# Too new for CLDR; and islands without a network of their own.
OF_NO_COUNTRY = {"America/Coyhaique", "Atlantic/South_Georgia", "Indian/Kerguelen"}
OF_NO_COUNTRY |= {"Pacific/Midway", "Pacific/Pitcairn", "Pacific/Wake"}
SAID_BY_BROWSERS = {
    "Asia/Calcutta": ("Asia/Kolkata", "IN", "INR"),
    "Europe/Kiev": ("Europe/Kyiv", "UA", "UAH"),
    "Asia/Saigon": ("Asia/Ho_Chi_Minh", "VN", "VND"),
    "America/Buenos_Aires": ("America/Argentina/Buenos_Aires", "AR", "ARS"),
    "Asia/Katmandu": ("Asia/Kathmandu", "NP", "NPR"),
    "Asia/Rangoon": ("Asia/Yangon", "MM", "MMK"),
    "Atlantic/Faeroe": ("Atlantic/Faroe", "FO", "DKK"),
    "Japan": ("Asia/Tokyo", "JP", "JPY"),
    "Europe/Berlin": ("Europe/Berlin", "DE", "EUR"),
}


def follows(page: str, name: str) -> dict[str, str]:
    """What the control's own attribute says, as the script reads it."""
    (found,) = re.findall(rf'<select[^>]*id="{name}"[^>]*data-(?:implied|own-zone)="([^"]*)"', page)
    return dict(json.loads(html.unescape(found)))


def offered(page: str, name: str) -> list[str]:
    (chosen,) = re.findall(rf'<select[^>]*id="{name}".*?</select>', page, re.DOTALL)
    return re.findall(r'<option value="([^"]*)"', chosen)


def test_each_zone_is_offered_by_one_name_and_every_name_leads_to_it(app: Flask, clock: Any) -> None:
    page = browser(app, "admin").get("/settings/start-over").text
    renamed, lies_in, spent = (follows(page, name) for name in ("time_zone", "country", "currency"))
    names, countries, currencies = (offered(page, name) for name in ("time_zone", "country", "currency"))
    for name, (named, country, money) in SAID_BY_BROWSERS.items():
        zone = renamed.get(name, name)
        assert (zone, lies_in[zone], spent[lies_in[zone]]) == (named, country, money)
        assert (zone in names, country in countries, money in currencies) == (True, True, True)
    assert {each for each in names if not lies_in[each] and "Antarctica/" not in each} == {"", *OF_NO_COUNTRY}
    assert (lies_in[""], spent[""], spent[own_firm.ANOTHER]) == ("", "", ""), "nothing implied is nothing chosen"
    aliases = get_global("zone_aliases")
    assert len({aliases.get(each, each) for each in names}) == len(names)


def test_all_names_that_a_zone_has_had_lie_in_one_country() -> None:
    of_a_place = [each for each in LINKS if "/" in each and not each.startswith(("Etc/", "Antarctica/"))]
    assert len(of_a_place) > 150
    for old in {*of_a_place} - OF_NO_COUNTRY:
        named = firms.zone_named(old)
        assert firms.country_of(old) == firms.country_of(named) is not None, old
        assert named in own_firm.zones(), old
        assert old == named or own_firm.renamed()[old] == named, old
    assert all(firms.zone_named(each) in available_timezones() for each in available_timezones())


@pytest.mark.parametrize("missing", ["time_zone", "country", "currency"])
def test_what_is_left_open_is_asked_for(app: Flask, clock: Any, missing: str) -> None:
    answer = browser(app, "admin").post("/settings/start-over", data={**OWN, "current": "lesson", missing: ""})
    assert (answer.status_code, said(app, "en", invalid(missing, "blank")) in answer.text) == (422, True)
    (chosen,) = re.findall(rf'<select[^>]*id="{missing}".*?</select>', answer.text, re.DOTALL)
    assert re.findall(r'<option value="([^"]*)" selected', chosen) == [""], "nothing is put in its place"


def test_a_country_that_is_not_listed_can_be_said_and_an_old_name_stays_valid(app: Flask, clock: Any) -> None:
    admin = browser(app, "admin")
    own = {**OWN, "current": "lesson", "country": own_firm.ANOTHER, "time_zone": "Asia/Calcutta"}
    assert admin.post("/settings/start-over", data=own).status_code == 303
    with app.app_context():
        firm = session().scalars(select(Firm)).one()
        assert (firm.country, firm.time_zone, firm.currency) == (None, "Asia/Calcutta", "EUR")
    page = admin.get("/settings/firm").text
    assert '<option value="Asia/Calcutta" selected>' in page
    assert 'id="p-zone"' in admin.get("/profile").text

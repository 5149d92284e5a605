"""Companies, which come with their people: any employee reads them; writes who may write one of those."""

from __future__ import annotations

from webapp.access.records import company_for
from webapp.access.viewer import viewer
from webapp.api.records import companies as records
from webapp.api.records.companies import CompanyRecord
from webapp.api.routes import Answer, reads, writes
from webapp.api.types import Body, Id, Page, Paging, Values, cursor
from webapp.api.values import taken_fields
from webapp.queries import listings as found
from webapp.services import companies

ONE = "/companies/<int:company_id>"


class CompanyFilters(Paging):
    q: str = ""


class CompanyChanges(Body):
    """Only what is given is changed; null empties a value."""

    fields: Values
    version: Id | None = None


@reads("/companies", Page[CompanyRecord])
def index(query: CompanyFilters) -> Page[CompanyRecord]:
    """Companies, newest first; `q` looks in their names."""
    slice_ = found.companies(query.q.strip(), found.Place(query.limit, query.before))
    return Page[CompanyRecord](items=[records.record(each) for each in slice_.rows], next=cursor(slice_.next))


@reads(ONE, CompanyRecord)
def show(company_id: int) -> CompanyRecord:
    """One company."""
    return records.record(company_for(company_id))


@writes("PATCH", ONE, CompanyRecord)
def update(company_id: int, json: CompanyChanges) -> Answer[CompanyRecord]:
    """Change a company's values. With `version`: 409 when somebody changed it since."""
    company = company_for(company_id, write=True)
    companies.write(company.id, taken_fields("company", json.fields), viewer().actor, seen=json.version)
    return lambda: records.record(company)

"""Further phones and e-mails of a contact, beside the main ones that stand in the contact itself."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class ContactWay(Base):
    """In the order of their ids. `kind`: phone (in E.164, its extension apart) or email (in small letters)."""

    __tablename__ = "contact_way"
    __table_args__ = (
        UniqueConstraint("contact_id", "kind", "value", "extension"),
        Index("ix_contact_way_value", "value", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    kind: Mapped[str]
    value: Mapped[str]
    extension: Mapped[str] = mapped_column(default="", server_default="")

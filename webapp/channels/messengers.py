"""A word to one person in a messenger: by the firm's account there, or by an address of theirs alone."""

from __future__ import annotations

from rules import messengers
from rules.reach import Answer
from webapp.channels import apprised
from webapp.channels.letters import Parcel


def send(parcel: Parcel) -> Answer:
    """To where the person has said that they read."""
    kind = parcel.gateway.kind
    target = parcel.keys.get("to", parcel.to)
    if kind == messengers.OWN:
        fits = messengers.is_own(target)
        return apprised.send(target, parcel.text) if fits else Answer("refused", {"code": "bad_address"})
    if not messengers.is_account(kind, parcel.gateway.url):
        return Answer("later", {"code": "bad_address"})
    return apprised.send(messengers.address(kind, parcel.gateway.url, target), parcel.text, target.lstrip("#@+"))

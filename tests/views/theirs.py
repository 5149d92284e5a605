"""TwiML as the provider's own library writes it: what is told again by its methods, verb by verb, or not at all."""

from __future__ import annotations

import inspect
import re
from typing import Any
from xml.etree import ElementTree

from twilio.twiml.voice_response import VoiceResponse

EVENTS = {"initiated", "ringing", "answered", "completed"}  # of a phone, as the provider's documents list them


def written(text: str) -> str:
    """The same document by the library. AssertionError where it knows no such verb there, or no such attribute."""
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == ("Response", {}), text
    said = VoiceResponse()
    for each in root:
        _write(said, each)
    return str(said)


def is_theirs(text: str) -> bool:
    return ElementTree.canonicalize(text) == ElementTree.canonicalize(written(text))


def _write(parent: Any, element: ElementTree.Element) -> None:
    verb = vars(type(parent)).get(element.tag.lower())
    assert verb is not None, f"<{element.tag}> does not stand in <{parent.name}>"
    facts = {re.sub(r"(?=[A-Z])", "_", name).lower(): value for name, value in element.attrib.items()}
    assert facts.keys() <= inspect.signature(verb).parameters.keys(), f"<{element.tag}> has no {element.attrib}"
    assert set(facts.get("status_callback_event", "").split()) <= EVENTS, facts
    said = verb(parent, *([element.text] if element.text else []), **facts)
    for each in element:
        _write(said, each)

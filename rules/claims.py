"""What a robot's text says of the client that neither its start nor its condition guarantees: a head who was told an
untruth once believes no robot any more. Found by a few words of each language, so it is a hint to the author."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rules.conditions import demands
from rules.facts import Test
from rules.robots import AtOnce, RobotSpec

TEXTS = ("title", "text")  # of a robot's settings


@dataclass(frozen=True, slots=True)
class Claim:
    """`starts` of which each makes it true, `at_once` those that do at that moment, `facts` of which one that the
    condition demands is enough."""

    code: str
    words: re.Pattern[str]
    starts: frozenset[str]
    facts: tuple[Test, ...]
    at_once: frozenset[str] = frozenset()


def _words(*forms: str) -> re.Pattern[str]:
    return re.compile("|".join(forms), re.IGNORECASE)


UNANSWERED = Test("conversation", "unanswered", "eq", True)
UNPAID = Test("invoices", "unpaid", "eq", True)
CLAIMS = (
    Claim(
        "claims_wrote",
        _words(r"\b(?:has|have) (?:just )?(?:written|asked|called)\b", r"\bwrote\b", r"\bнаписал", r"\bобратил"),
        frozenset({"client_wrote", "unanswered"}),
        (UNANSWERED, Test("conversation", "last_client_message_at", "filled")),
    ),
    Claim(
        "claims_waits",
        _words(
            r"\bnot (?:yet )?(?:been )?(?:answered|replied)\b|\bunanswered\b",
            r"\bwait(?:s|ing)? for (?:a|an|our|your|their) (?:answer|reply)\b",
            r"\bжд[её]т ответа|\bне (?:ответил|отвечает|отвечен)|\bбез ответа",
        ),
        frozenset({"unanswered"}),
        (UNANSWERED,),
        frozenset({"client_wrote"}),
    ),
    Claim(
        "claims_unpaid",
        _words(r"\bnot (?:yet )?(?:been )?paid\b|\bunpaid\b", r"\bне (?:оплат|оплачен|заплат)|\bнеоплачен"),
        frozenset({"invoice_overdue"}),
        (UNPAID, Test("invoices", "balance", "gt", 0)),
        frozenset({"invoice_issued"}),
    ),
    Claim(
        "claims_no_step",
        _words(r"\b(?:no|without a) next step\b", r"\b(?:без|нет) следующего шага|\bследующего шага нет"),
        frozenset({"no_next_step"}),
        (Test("deal", "has_next_step", "eq", False), Test("deal", "has_next_step", "ne", True)),
    ),
)


def unfounded(robot: RobotSpec) -> tuple[str, ...]:
    """Codes of what its texts claim, and what may not be so when it acts."""
    said = " ".join(_texts(robot))
    return tuple(each.code for each in CLAIMS if each.words.search(said) and not _is_founded(each, robot))


def _texts(robot: RobotSpec) -> Iterator[str]:
    for key in TEXTS:
        text = robot.settings.get(key)
        yield from (str(each) for each in text.values()) if isinstance(text, Mapping) else ()


def _is_founded(claim: Claim, robot: RobotSpec) -> bool:
    starts = claim.starts | claim.at_once if isinstance(robot.timing, AtOnce) else claim.starts
    return {*robot.starts} <= starts or any(each in claim.facts for each in demands(robot.condition))

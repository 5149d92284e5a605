"""Words as people type and paste them, in one normal form; what cannot be stored; what is blank; how words are sought.

Every text of ours comes in through `line` or `text`, what another system says through `storable`. Marks that nobody
sees (zero width, direction, soft hyphens, fillers) are dropped, all spaces are spaces, letters are composed (NFC).
Search compares by `fold`; its twin in SQL stands in webapp/db/folding.py and is held to it by a test.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import takewhile
from unicodedata import category

from rules.errors import FieldError

Reader = Callable[[object, int], str]
LINE_LIMIT = 500
TEXT_LIMIT = 10_000

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # refused by PostgreSQL or by UTF-8
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]")
# Unicode's default ignorables, but for those that join letters and emoji (see _is_needed).
GHOSTS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f"
)
JOINERS = "\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
TAGS = "\U000e0020-\U000e007f"  # after a black flag they name a country's part
_GHOST = re.compile(f"[{GHOSTS}]|(?<![\U0001f3f4{TAGS}])[{TAGS}]+")
_JOINER = re.compile(f"[{JOINERS}]")
UNSEEN = f"{GHOSTS}{JOINERS}{TAGS}"
_UNSEEN = re.compile(f"[{UNSEEN}]")
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
ALIKE_FROM = DASHES + "\u00ab\u00bb\u201c\u201d\u201e\u2018\u2019\u1680\u2800ς"
ALIKE_TO = "-" * len(DASHES) + '"' * 5 + "''  σ"
_ALIKE = str.maketrans(ALIKE_FROM, ALIKE_TO)
CYRILLIC = ("\u0400", "\u052f")
# Marks above and below letters are dropped, but й is a letter of its own and not an и.
MARKS = "(?<!\u0438)[\u0300-\u036f]|(?<=\u0438)[\u0300-\u0305\u0307-\u036f]"
_MARKS = re.compile(MARKS)
_MODIFIERS = f"[\u0300-\u036f\ufe0f\u20e3\U0001f3fb-\U0001f3ff{TAGS}]*"
_LETTER = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|.{_MODIFIERS}(?:\u200d.{_MODIFIERS})*", re.DOTALL)
_PLAIN = re.compile("[ -~а-я]*")


def is_storable(raw: str) -> bool:
    """Whether a database and UTF-8 take these characters, none of which a keyboard types."""
    return _UNSTORABLE.search(raw) is None


def line(raw: object, limit: int = LINE_LIMIT) -> str:
    """One line in the normal form, without spaces around or doubled. Raises FieldError: not_text, too_long."""
    return _within(limit, " ".join(_normal(raw).split()))


def text(raw: object, limit: int = TEXT_LIMIT) -> str:
    """A text of several lines in the normal form, without blanks around. Raises FieldError: not_text, too_long."""
    return _within(limit, _normal(raw).strip())


def storable(raw: str, limit: int = LINE_LIMIT) -> str:
    """Words of the other side as one line that can be kept: what cannot is replaced, what is too long is cut. Nobody
    there can be asked to say it anew, so nothing raises."""
    return shortened(" ".join(_normal(_UNSTORABLE.sub("\ufffd", raw)).split()), limit)


def composed(raw: str) -> str:
    """The same letters, each in one piece: as what is typed today is compared with what was kept before."""
    return unicodedata.normalize("NFC", raw)


def is_blank(raw: str) -> bool:
    """Nothing there that anybody could see."""
    return is_storable(raw) and not any(
        category(each)[0] in "LNPS" and each != "\u2800" for each in _UNSEEN.sub("", raw)
    )


def bare(raw: str) -> str:
    """What is left of an address or a number that was pasted: full width, dashes and spaces of any kind made plain."""
    plain = unicodedata.normalize("NFKC", _SPACES.sub(" ", _UNSEEN.sub("", raw)))
    return plain.translate(_ALIKE).strip()


def fold(raw: str) -> str:
    """How words are sought and names compared: small letters, ё as е, no accents, dashes and quotes alike."""
    plain = raw.lower().replace("ё", "е")
    if _PLAIN.fullmatch(plain):  # most are, and of lists thousands are folded
        return " ".join(plain.split())
    letters = unicodedata.normalize("NFKD", bare(raw).lower().replace("ς", "σ"))
    return " ".join(unicodedata.normalize("NFC", _MARKS.sub("", letters)).split())


def place_in_alphabet(raw: str, first: str) -> str:
    """What words are sorted by, letter by letter of their code: signs and figures, the letters of the reader's own
    script (`first`: latin, cyrillic), those of others. ё stands with е, é with e, and й is a letter."""
    folded = fold(raw)
    initial = folded[:1]
    if initial < "a":
        return folded
    is_cyrillic = CYRILLIC[0] <= initial <= CYRILLIC[1]
    return ("a" if is_cyrillic == (first == "cyrillic") else "b") + folded


def initials(name: str) -> str:
    """The first letters of the first two words, whole as one sees them, as a flag or with accents."""
    return "".join(found[0] for word in composed(name).split()[:2] if (found := _LETTER.match(word))).upper()


def shortened(words: str, limit: int) -> str:
    """The beginning, with "…" where more follows: never half of a letter, of a flag or of a family."""
    if len(words) <= limit:
        return words
    ends = (found.end() for found in _LETTER.finditer(words))
    end = max(takewhile(lambda each: each < limit, ends), default=0)
    return words[:end].rstrip() + "…"


def _normal(raw: object) -> str:
    if not isinstance(raw, str) or not is_storable(raw):
        raise FieldError("not_text")
    composed = unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", raw))
    words = _JOINER.sub(_kept, _GHOST.sub("", _SPACES.sub(" ", composed)))
    return "" if is_blank(words) else words


def _within(limit: int, words: str) -> str:
    if len(words) > limit:
        raise FieldError("too_long", limit=limit)
    return words


def _kept(found: re.Match[str]) -> str:
    """A joiner stays where it does something: between letters that join, in an emoji, after a sign with two looks."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    if found[0] in "\u200c\u200d":
        is_needed = bool(after.strip()) and (before == "\ufe0f" or _category(before) in ("So", "Sk", "Lo", "Mn", "Mc"))
    else:
        is_needed = _category(before) in ("So", "Sk", "Sm", "Lo", "Po") or after == "\u20e3"
    return found[0] if is_needed else ""


def _category(letter: str) -> str:
    return category(letter) if letter else ""

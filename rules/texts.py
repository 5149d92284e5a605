"""Words as people type and paste them, in one normal form; what cannot be stored; what is blank; how words are sought.

Every text of ours comes in through `line` or `text`, what another system says through `storable`. Marks that nobody
sees (zero width, direction, soft hyphens, fillers) are dropped, all spaces are spaces, letters are composed (NFC).
How long a text is, is asked before anything is done with it (`is_beyond`): no reading costs more than its limit.
Search compares by `fold`; its twin in SQL stands in webapp/db/folding.py and is held to it by a test.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import takewhile
from unicodedata import category, combining

from rules.errors import FieldError

Reader = Callable[[object, int], str]
LANGUAGES = ("en", "ru")  # in which the firm says something
LINE_LIMIT = 500
TEXT_LIMIT = 10_000
BARE_LIMIT = 1_000  # signs of an address, a number or a date as it is pasted, with all that is dropped of it
MARKS_LIMIT = 30  # on one letter, as Unicode's stream-safe form has it: to put more in order takes their square
_CUT = "\ufffd"
_TIMES, _ROOM = 2, 1_000  # so much longer may be what is typed than what is kept of it

_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # refused by PostgreSQL or by UTF-8
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]")
# Unicode's default ignorables, but for those that join letters and emoji (see _is_needed).
GHOSTS = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e001f"
    "\U000e0080-\U000e00ff\U000e01f0-\U000e0fff"
)
JOINERS = "\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef"
TAGS = "\U000e0020-\U000e007f"  # after a black flag they name a country's part
_GHOST = re.compile(f"[{GHOSTS}]|(?<![\U0001f3f4{TAGS}])[{TAGS}]+")
_JOINER = re.compile(f"[{JOINERS}]")
UNSEEN = f"{GHOSTS}{JOINERS}{TAGS}"
_UNSEEN = re.compile(f"[{UNSEEN}]")
_TOO_MANY_MARKS = re.compile(b"\x01{%d,}" % (MARKS_LIMIT + 1))
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
ALIKE_FROM = DASHES + "\u00ab\u00bb\u201c\u201d\u201e\u2018\u2019\u1680\u2800ς"
ALIKE_TO = "-" * len(DASHES) + '"' * 5 + "''  σ"
_ALIKE = str.maketrans(ALIKE_FROM[:-1], ALIKE_TO[:-1])  # ς too is sought as σ, but in a domain it is another letter
CYRILLIC = ("\u0400", "\u052f")
# Marks above and below letters are dropped, but й is a letter of its own and not an и.
MARKS = "(?<!\u0438)[\u0300-\u036f]|(?<=\u0438)[\u0300-\u0305\u0307-\u036f]"
_MARKS = re.compile(MARKS)
_MODIFIERS = f"[\u0300-\u036f\ufe0f\u20e3\U0001f3fb-\U0001f3ff{TAGS}]*"
_LETTER = re.compile(f"[\U0001f1e6-\U0001f1ff]{{2}}|.{_MODIFIERS}(?:\u200d.{_MODIFIERS})*", re.DOTALL)
_PLAIN = re.compile("[ -~а-я]*")
_UNKNOWN = ("Cn", "Co")  # categories of what has no meaning, or none yet


def is_storable(raw: str) -> bool:
    """Whether a database and UTF-8 take these characters, none of which a keyboard types."""
    return _UNSTORABLE.search(raw) is None


def is_beyond(raw: str, limit: int) -> bool:
    """Whether this is so long that nothing of it is to be read: whatever is dropped of it, too much would be left."""
    return len(raw) > _TIMES * limit + _ROOM


def line(raw: object, limit: int = LINE_LIMIT) -> str:
    """One line in the normal form, without spaces around or doubled. Raises FieldError: not_text, too_long."""
    return _within(limit, " ".join(_read(raw, limit).split()))


def text(raw: object, limit: int = TEXT_LIMIT) -> str:
    """A text of several lines in the normal form, without blanks around. Raises FieldError: not_text, too_long."""
    return _within(limit, _read(raw, limit).strip())


def storable(raw: str, limit: int = LINE_LIMIT) -> str:
    """Words of the other side as one line that can be kept: what cannot is replaced, what is too long is cut. Nobody
    there can be asked to say it anew, so nothing raises."""
    begins = raw[: _TIMES * limit + _ROOM]
    words = " ".join(_normal(_UNSTORABLE.sub("\ufffd", begins)).split())
    return shortened(words if begins == raw else f"{words}…", limit)


def composed(raw: str) -> str:
    """The same letters, each in one piece: as what is typed today is compared with what was kept before."""
    return unicodedata.normalize("NFC", _with_few_marks(raw))


def is_blank(raw: str) -> bool:
    """Nothing there that anybody could see. What is longer than anything we take is for its reader to refuse."""
    return (
        is_storable(raw) and not is_beyond(raw, TEXT_LIMIT) and not any(_is_seen(each) for each in _UNSEEN.sub("", raw))
    )


def _is_seen(sign: str) -> bool:
    """Whether a sign shows by itself: all do but spaces, controls and lone marks. One of which Python's tables know
    nothing is seen: an emoji may be newer than they are, and what a client leaves is never refused."""
    kind = category(sign)
    return kind in _UNKNOWN or (kind[0] not in "CMZ" and sign != "\u2800")


def bare(raw: str) -> str:
    """What is left of an address or a number that was pasted: full width, dashes and spaces of any kind made plain. Of
    what is longer than any of these, the beginning with a sign that stands in none, so that it reads as nothing."""
    return _plain(raw) if len(raw) <= BARE_LIMIT else f"{_plain(raw[:BARE_LIMIT])}{_CUT}"


def fold(raw: str) -> str:
    """How words are sought and names compared: small letters, ё as е, no accents, dashes and quotes alike."""
    plain = raw.lower().replace("ё", "е")
    if _PLAIN.fullmatch(plain):  # most are, and of lists thousands are folded
        return " ".join(plain.split())
    letters = unicodedata.normalize("NFKD", _plain(raw).lower().replace("ς", "σ"))
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


def _read(raw: object, limit: int) -> str:
    if not isinstance(raw, str):
        raise FieldError("not_text")
    if is_beyond(raw, limit):
        raise FieldError("too_long", limit=limit)
    if not is_storable(raw):
        raise FieldError("not_text")
    return _normal(raw)


def _normal(raw: str) -> str:
    whole = composed(_LINE_ENDS.sub("\n", raw))
    seen = _JOINER.sub(_kept, _GHOST.sub("", _SPACES.sub(" ", whole)))
    words = seen if len(seen) == len(whole) else composed(seen)  # letters and marks may have come together
    return "" if is_blank(words) else words


def _plain(raw: str) -> str:
    seen = _with_few_marks(_SPACES.sub(" ", _UNSEEN.sub("", raw)))
    return unicodedata.normalize("NFKC", seen).translate(_ALIKE).strip()


def _with_few_marks(raw: str) -> str:
    """No letter with more marks than MARKS_LIMIT; those beyond are dropped."""
    if raw.isascii():
        return raw
    are_marks = bytes(map(bool, map(combining, raw)))
    pieces, at = [], 0
    for each in _TOO_MANY_MARKS.finditer(are_marks):
        pieces.append(raw[at : each.start() + MARKS_LIMIT])
        at = each.end()
    return "".join((*pieces, raw[at:]))


def _within(limit: int, words: str) -> str:
    if len(words) > limit:
        raise FieldError("too_long", limit=limit)
    return words


def _kept(found: re.Match[str]) -> str:
    """A joiner stays where it does something: between letters that join, in an emoji, after a sign with two looks."""
    words, at, end = found.string, found.start(), found.end()
    before, after = words[at - 1 : at], words[end : end + 1]
    if found[0] in "\u200c\u200d":
        is_needed = bool(after.strip()) and (
            before == "\ufe0f" or _category(before) in ("So", "Sk", "Lo", "Mn", "Mc", "Cn")
        )
    else:
        is_needed = _category(before) in ("So", "Sk", "Sm", "Lo", "Po", "Cn") or after == "\u20e3"
    return found[0] if is_needed else ""


def _category(letter: str) -> str:
    return category(letter) if letter else ""

"""The set-up as people keep, send and compare it: named by stable keys, in the order of the screens, without an id.

A stage is known as "sales/new", a field as "deal/equipment_type", a person by e-mail, a department by its path. What
there is to say of each kind is declared in setup_parts.py.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rules import texts
from rules.parameters import Problem
from rules.setup_parts import ARCHIVED, KINDS, Kind

Parts = Mapping[str, object]
ENTITIES = ("contact", "company", "deal")  # in which order fields of their own stand
LIMIT = 2000  # things of all kinds
KEY = re.compile(r"[a-z0-9_][a-z0-9_-]{0,59}")
_FOREIGN = str.maketrans("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "abvgdeejziiklmnoprstufhccss_y_eua")


class DocumentError(Exception):
    """A document that cannot be read: everything that is wrong with it, and where."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems[0].code)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of the set-up. `key` names it among its kind for ever; `parts` are all that are declared of it."""

    kind: str
    key: str
    parts: Parts

    @property
    def is_archived(self) -> bool:
        return bool(self.parts.get(ARCHIVED.key))

    @property
    def home(self) -> object:
        """Among what it has its order."""
        kind = KINDS[self.kind]
        return self.key.rpartition("/")[0] if kind.is_home_in_key else self.parts.get(kind.home)

    @property
    def name(self) -> Mapping[str, str]:
        """What the firm calls it."""
        found = self.parts.get("name", self.parts.get("label"))
        return found if isinstance(found, Mapping) else {}

    def with_part(self, part: str, value: object) -> Item:
        return replace(self, parts={**self.parts, part: value})


@dataclass(frozen=True)  # without slots: it keeps where its things stand
class Document:
    """Kinds in the order of KINDS; of each kind the things as screens list them."""

    items: tuple[Item, ...] = ()

    def of(self, kind: str, *, archived: bool = False) -> tuple[Item, ...]:
        """Those of a kind, without the archived ones unless these are wanted too."""
        return tuple(each for each in self.items if each.kind == kind and (archived or self.is_live(each)))

    def is_live(self, item: Item) -> bool:
        """Not archived; a stage of an archived pipeline is not live either."""
        if item.is_archived or item.kind != "stage":
            return not item.is_archived
        pipeline = self.get("pipeline", str(item.home))
        return pipeline is not None and not pipeline.is_archived

    def get(self, kind: str, key: str) -> Item | None:
        return self._by_key.get((kind, key))

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], Item]:
        return {(each.kind, each.key): each for each in reversed(self.items)}

    def stages_of(self, pipeline: object) -> tuple[Item, ...]:
        """Stages of a pipeline that are not archived, in their order."""
        return tuple(each for each in self.of("stage") if each.home == pipeline)

    def with_item(self, item: Item) -> Document:
        """With this in the place of the one of its key; else as the last of its kind."""
        if self.get(item.kind, item.key) is None:
            return arranged((*self.items, item))
        return arranged(item if (each.kind, each.key) == (item.kind, item.key) else each for each in self.items)

    @property
    def hash(self) -> str:
        return hash_of(dump(self))


def arranged(items: Iterable[Item]) -> Document:
    """In the one order there is: kinds, then what each belongs to, then as given. Archived robots and triggers are left
    out: nothing of the past is shown by them."""
    kept = [each for each in items if KINDS[each.kind].is_kept or not each.is_archived]
    placed: list[Item] = []
    for kind in KINDS:
        homes = {str(each.key): n for n, each in enumerate(placed) if each.kind == KINDS[kind].home}
        homes |= {entity: n for n, entity in enumerate(ENTITIES)} if KINDS[kind].home == "entity" else {}
        own = [each for each in kept if each.kind == kind]
        placed += sorted(own, key=lambda each: homes.get(str(each.home), -1))
    return Document(tuple(placed))


def changed_whole(document: Document, wanted: Document) -> Document:
    """`wanted`, in which whatever it leaves out of what there is stands archived, in its old place; so do options of a
    list."""
    merged = [with_options_kept(document.get(each.kind, each.key), each) for each in wanted.items]
    for number, each in enumerate(document.items):
        if wanted.get(each.kind, each.key) is None:
            merged.insert(_behind(merged, document.items[:number]), each.with_part(ARCHIVED.key, True))
    return arranged(merged)


def with_options_kept(was: Item | None, item: Item) -> Item:
    """The thing with every option that it had."""
    for part in KINDS[item.kind].parts:
        had, has = was.parts.get(part.key) if was else None, item.parts.get(part.key)
        if part.shape == "options" and isinstance(had, list) and isinstance(has, list):
            item = item.with_part(part.key, options_kept(had, has))
    return item


def options_kept(had: list[object], has: list[object]) -> list[object]:
    """Options as they are wanted, and behind them, archived, those that were left out: values still name them."""
    named = {each.get("key") for each in has if isinstance(each, Mapping)}
    left = [each for each in had if isinstance(each, Mapping) and each.get("key") not in named]
    return [*has, *({**each, "is_archived": True} for each in left)]


def _behind(merged: list[Item], before: tuple[Item, ...]) -> int:
    """Behind the nearest of those that stood before it."""
    names = [(each.kind, each.key) for each in merged]
    return next((names.index(name) + 1 for each in reversed(before) if (name := (each.kind, each.key)) in names), 0)


# As JSON


def dump(document: Document) -> dict[str, object]:
    """Its JSON form, all parts said. load(dump(d)) == d."""
    return {
        kind.plural: [_dumped(kind, each) for each in document.of(key, archived=True)] for key, kind in KINDS.items()
    }


def _dumped(kind: Kind, item: Item) -> dict[str, object]:
    home, _, bare = item.key.rpartition("/")
    names = {kind.home: home, "key": bare} if kind.is_home_in_key else {"key": item.key}
    return {**names, **{part.key: item.parts.get(part.key, part.default) for part in (*kind.parts, ARCHIVED)}}


def text_of(document: Document) -> str:
    """The set-up file: the same set-up is the same text, byte for byte."""
    return json.dumps(dump(document), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def hash_of(raw: object) -> str:
    """Of any JSON, whatever the order of its keys."""
    plain = json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def load(raw: object) -> Document:
    """A set-up out of its JSON form. Raises DocumentError with all that is wrong in its shape; what its parts say is
    looked at by setup_checks.py."""
    problems: list[Problem] = []
    if not isinstance(raw, Mapping):
        raise DocumentError([Problem("setup", "not_an_object")])
    plurals = {kind.plural for kind in KINDS.values()}
    problems += [Problem(str(key)[:60], "unknown_key") for key in raw if key not in plurals]
    items = [each for kind in KINDS.values() for each in _loaded(kind, raw.get(kind.plural, ()), problems)]
    seen: set[tuple[str, str]] = set()
    for each in items:
        if (each.kind, each.key) in seen:
            problems.append(Problem(f"{KINDS[each.kind].plural}.{each.key}", "twice"))
        seen.add((each.kind, each.key))
    if problems:
        raise DocumentError(problems)
    return arranged(_whole_names(items))


def _loaded(kind: Kind, raw: object, problems: list[Problem]) -> Iterator[Item]:
    if not isinstance(raw, list | tuple):
        problems.append(Problem(kind.plural, "not_a_list"))
        return
    if len(raw) > LIMIT:
        problems.append(Problem(kind.plural, "too_many", {"limit": LIMIT}))
        return
    for number, each in enumerate(raw):
        found = _item(kind, each, f"{kind.plural}.{number}", problems)
        if found is not None:
            yield found


def _item(kind: Kind, raw: object, path: str, problems: list[Problem]) -> Item | None:
    if not isinstance(raw, Mapping):
        problems.append(Problem(path, "not_an_object"))
        return None
    parts = {part.key: part for part in (*kind.parts, ARCHIVED)}
    names = ("key", kind.home) if kind.is_home_in_key else ("key",)
    problems += [Problem(f"{path}.{key}"[:200], "unknown_key") for key in raw if key not in parts and key not in names]
    problems += [
        Problem(f"{path}.{part.key}", "blank")
        for part in parts.values()
        if part.is_required and raw.get(part.key) is None
    ]
    key = _key(kind, raw, path, problems)
    given = {name: _plain(raw.get(name, part.default)) for name, part in parts.items()}
    return Item(kind.key, key, given) if key is not None else None


def _key(kind: Kind, raw: Parts, path: str, problems: list[Problem]) -> str | None:
    bare, home = raw.get("key"), raw.get(kind.home)
    if isinstance(bare, str) and kind.is_home_in_key and home is None and bare.count("/") == 1:
        home, _, bare = bare.partition("/")
    if not isinstance(bare, str) or not KEY.fullmatch(bare):
        problems.append(Problem(f"{path}.key", "not_a_key"))
        return None
    if not kind.is_home_in_key:
        return bare
    if not isinstance(home, str) or not KEY.fullmatch(home):
        problems.append(Problem(f"{path}.{kind.home}", "not_a_key"))
        return None
    return f"{home}/{bare}"


def _plain(value: object) -> object:
    """As JSON has it: lists are lists."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _whole_names(items: list[Item]) -> list[Item]:
    """A stage may be named by its bare key where it is unique; here it always stands as pipeline/stage."""
    whole: dict[str, list[str]] = {}
    for each in items:
        if each.kind == "stage":
            whole.setdefault(each.key.rpartition("/")[2], []).append(each.key)

    def named(value: object) -> object:
        found = whole.get(value, []) if isinstance(value, str) else []
        return found[0] if len(found) == 1 else value

    done = []
    for each in items:
        for part in KINDS[each.kind].parts:
            value = each.parts[part.key]
            if part.shape == "stage":
                each = each.with_part(part.key, named(value))
            elif part.shape == "stages" and isinstance(value, list):
                each = each.with_part(part.key, [named(one) for one in value])
        done.append(each)
    return done


def key_from(name: str, taken: Iterable[str], fallback: str) -> str:
    """A key made of a name, unlike those taken."""
    latin = texts.bare(name).lower().translate(_FOREIGN)
    plain = re.sub(r"[^a-z0-9]+", "_", latin).strip("_")[:40] or fallback
    used = set(taken)
    return next(each for n in range(1, LIMIT + 2) if (each := plain if n == 1 else f"{plain}_{n}") not in used)

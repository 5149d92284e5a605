"""A list shows what its door opens, a counter counts what its tab lists, a menu offers what the rule allows, and an
open page is told what its person may see: over random firms, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from flask import Flask

from tests import servers
from tests.access import agreement, broken, firms
from tests.conftest import Clock
from tests.views.scenes import standing_firm


@pytest.mark.both_databases
def test_every_place_gives_a_person_the_same_answer(app: Flask, clock: Clock) -> None:
    all_agree(app, Random(0))


@pytest.mark.parametrize("seed", [1, 2])
def test_so_they_do_in_other_firms(app: Flask, clock: Clock, seed: int) -> None:
    all_agree(app, Random(seed))


def all_agree(app: Flask, chance: Random) -> None:
    with app.app_context():
        firms.make(chance)
    for _ in range(2):
        assert list(agreement.disagreements(app)) == []
        with app.app_context():
            firms.shuffle(chance)


@pytest.fixture(scope="module")
def firm(
    templates: dict[str, Any], redis_server: servers.RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """One firm for all planted faults: looking changes nothing."""
    with standing_firm(templates, redis_server, tmp_path_factory.mktemp("planted")) as app:
        with app.app_context():
            firms.make(Random(7))
        yield app


@pytest.mark.parametrize("planted", broken.PLANTED)
def test_a_place_that_reads_the_policy_wrongly_is_found(firm: Flask, planted: str) -> None:
    with broken.PLANTED[planted]():
        found = any(found for each in firms.SEES for found in found_in(firm, each))
    agreement.forget()
    assert found


@pytest.mark.parametrize("sees", firms.SEES)
def test_the_firm_of_the_planted_faults_is_right_without_them(firm: Flask, sees: str) -> None:
    assert list(found_in(firm, sees)) == []


def found_in(firm: Flask, sees: str) -> Iterator[str]:
    with firm.app_context():
        firms.see(sees)
    return agreement.disagreements(firm)

"""The composition root: settings, database, Redis, languages, sign-in, security headers and every door in."""

from __future__ import annotations

import errno
import logging
import os
import secrets
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any, cast

from flask import Flask, Request, Response, g, request
from flask_babel import Babel
from flask_compress import Compress
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property

from webapp import bounds, models
from webapp import db as database
from webapp.access import sessions
from webapp.access.viewer import viewer_or_none
from webapp.background import redis_client
from webapp.changes import announcements
from webapp.config import LOCALES, Settings
from webapp.db import db, outages, types
from webapp.db.saving import CannotSave
from webapp.errors import SetupMoved
from webapp.i18n import readers
from webapp.services import notifications, reactions, wording
from webapp.web import templating
from webapp.web.cookies import Cookies
from webapp.web.environment import SharedGlobals
from webapp.web.forms.tokens import FormTokens
from webapp.web.htmx import htmx

log = logging.getLogger(__name__)
csrf = FormTokens()
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
)
DOCUMENTS = ("text/html", "image/svg+xml")  # what a browser would show by itself, and run scripts of
CONNECT_SECONDS = 5  # to PostgreSQL


class BoundedForms(FormDataParser):
    """Werkzeug bounds the parts of a multipart form only: here the fields of the usual kind are bounded alike, before
    any is read."""

    def _parse_urlencoded(self, stream: IO[bytes], *more: Any) -> Any:
        sent = stream.read()
        if self.max_form_parts is not None and sent.count(b"&") >= self.max_form_parts:
            raise RequestEntityTooLarge
        return super()._parse_urlencoded(BytesIO(sent), *more)


class BoundedRequest(Request):
    form_data_parser_class = BoundedForms

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.max_content_length = bounds.most_bytes(self.path)

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """As Werkzeug reads them, which looks through all headers to find this one."""
        found = parse_cookie(self.environ.get("HTTP_COOKIE"), cls=self.dict_storage_class)
        return cast("ImmutableMultiDict[str, str]", found)


class Dozor(Flask):
    """Flask, which tries a request again when PostgreSQL ended it to break a deadlock, or the set-up moved beneath
    it."""

    request_class = BoundedRequest
    session_interface = Cookies()
    jinja_environment = SharedGlobals

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: nothing here is a coroutine, and Flask would look at each hook of each request whether it is."""
        return func

    def dispatch_request(self) -> Any:
        try:
            return database.past_deadlocks(super().dispatch_request, request.path)
        except SetupMoved:
            log.info("the set-up moved, tried once more: %s", request.path)
            return database.past_deadlocks(super().dispatch_request, request.path)

    def handle_user_exception(self, e: Exception) -> Any:
        """Where the database could not be asked who reads, the answer must not ask it again."""
        if isinstance(e, OSError) and e.errno == errno.ENOSPC:  # for the files of a form, before they are looked at
            e = CannotSave(str(e))
        if isinstance(e, SQLAlchemyError):
            sessions.read_by_anybody()
            e = outages.known(e) or e
        try:
            return super().handle_user_exception(e)
        except SQLAlchemyError as error:  # it went while a refusal was put into words
            if error is e or (away := outages.known(error)) is None:
                raise
            sessions.read_by_anybody()
            return super().handle_user_exception(away)


def create_app(settings: Settings | None = None, *, doors: bool = True) -> Flask:
    """The whole product. `settings` default to the environment's; raises ConfigError with one clear line.
    Without `doors` it answers nobody: for the jobs, which then take a fifth less memory."""
    settings = settings or Settings.from_env(os.environ)
    app = Dozor(__name__, static_folder=None)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings.database_url),
        REDIS_URL=settings.redis_url,
        BABEL_DEFAULT_LOCALE=settings.locale,
        BABEL_TRANSLATION_DIRECTORIES="translations",
        MAX_CONTENT_LENGTH=bounds.MAX_BODY,
        MAX_FORM_MEMORY_SIZE=bounds.MAX_BODY,
        MAX_FORM_PARTS=bounds.ENTRIES,
        SESSION_COOKIE_NAME="dozor",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.url.startswith("https:"),
        WTF_CSRF_TIME_LIMIT=None,
        COMPRESS_ALGORITHM=["gzip"],
        COMPRESS_LEVEL=1,
        COMPRESS_MIN_SIZE=1000,
        COMPRESS_STREAMS=True,
    )
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _open_stores(app, settings)
    Babel(app, locale_selector=locale, timezone_selector=time_zone)
    csrf.init_app(app)
    htmx.init_app(app)
    sessions.login.init_app(app)
    templating.register(app)
    templating.keep_files(app)
    if doors:
        _register_doors(app)
    app.after_request(_secure)
    Compress(app)
    return app


def _engine_options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {
            **{"pool_size": 10, "max_overflow": 60, "pool_timeout": 15, "connect_args": {"check_same_thread": False}},
            "pool_use_lifo": True,  # who has just written keeps the file's pages at hand, all others read them anew
            "json_deserializer": types.read_json,
        }
    gives_up = (
        {} if "connect_timeout" in url else {"connect_timeout": CONNECT_SECONDS}
    )  # a silent host would hold a page for minutes
    return {
        **{"pool_size": 10, "max_overflow": 30, "pool_timeout": 15},
        "connect_args": {**gives_up, "prepare_threshold": None},  # webapp/db/libpq.py does
        "json_deserializer": types.read_jsonb,
    }


def _open_stores(app: Flask, settings: Settings) -> None:
    assert models.__all__  # the tables must be known before the engine is
    db.init_app(app)
    with app.app_context():
        database.prepare(db.engine)
        database.postgresql.prepare(db.engine)
        database.one_clock.follow(db.engine)
    wording.use(readers.to_client)
    database.set_followers(reactions.react, notifications.write, announcements.publish)
    app.extensions["dozor.redis"] = redis_client.connect(settings.redis_url)
    app.extensions["dozor.breaker"] = redis_client.Breaker()


def _register_doors(app: Flask) -> None:
    from webapp import api, cli, live, views

    views.register(app)
    csrf.exempt(views.hooks.pages)
    csrf.exempt(views.twiml.pages)
    api.register(app, csrf)
    live.register(app)
    cli.register(app)


def locale() -> str:
    """The reader's language: the signed-in person's, else the browser's among ours, else the firm's."""
    if reader := g.get("reader"):
        return str(reader.locale)
    if who := viewer_or_none():
        return who.locale
    return request.accept_languages.best_match(LOCALES) or "en" if request else "en"


def time_zone() -> str | None:
    """The reader's time zone."""
    if reader := g.get("reader"):
        return str(reader.time_zone)
    return who.time_zone if (who := viewer_or_none()) else None


def _secure(response: Response) -> Response:
    headers = response.headers
    said = {name.lower() for name, _ in headers}  # each look among them would compare them all again
    headers.add("X-Content-Type-Options", "nosniff")
    if response.cache_control.immutable and response.mimetype not in DOCUMENTS:
        return response  # a part of a page, whose own headers bind it: a hundred of them would say it all again
    if "content-security-policy" not in said:
        headers.add("Content-Security-Policy", CSP)
    headers.add("Referrer-Policy", "same-origin")
    headers.add("Cross-Origin-Opener-Policy", "same-origin")
    if response.status_code == 503:
        headers.setdefault("Retry-After", str(bounds.COME_BACK_SECONDS))
    if "cache-control" not in said:
        headers.add("Cache-Control", "no-store")
    return response


def request_id() -> str:
    """A short name of this request for logs and error pages."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(4)
    return str(g.request_id)

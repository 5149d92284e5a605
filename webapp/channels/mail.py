"""E-mail by SMTP. A repeat carries the same Message-ID; letters about one deal stand in one thread."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from rules import domains, emails
from rules.errors import FieldError
from rules.reach import Answer
from webapp.channels.guard import NotPublic
from webapp.channels.letters import Parcel
from webapp.channels.limits import SHOWN, SaidTooMuch

PATIENCE_SECONDS = 10  # for each word of the server; the whole has its own bound
SHORT_NAME = 40  # of a sender: it stands in one line with its address
OF_SERVER = 421  # said to a recipient, but of the server itself
OF_SYSTEM = "4.3."  # the same by RFC 3463


def send(parcel: Parcel) -> Answer:
    """One letter to one server. Never raises for what a server or the way to it may do."""
    try:
        server = _signed_in(parcel.gateway.url)
        try:
            return _handed_over(server, parcel)
        finally:
            server.close()  # without a farewell: what it might answer to that changes nothing any more
    except smtplib.SMTPException as error:
        return _refused(error)
    except OSError as error:
        return away(error)


def _handed_over(server: smtplib.SMTP, parcel: Parcel) -> Answer:
    """Letters other than ASCII before an @ are for servers that say so. Of the sender's the firm must know; a recipient
    who has such an address is no fault of the server."""
    name, sender = _sender(parcel.gateway.sender)
    to, takes_all = emails.wire(parcel.to), server.has_extn("smtputf8")
    if "@" not in sender:
        return Answer("later", {"code": "bad_sender"})
    if not takes_all and not sender.isascii():
        return Answer("later", {"code": "sender_refused"})
    if not takes_all and not to.isascii():
        return Answer("refused", {"code": "recipient_unsupported"})
    server.send_message(letter(parcel, (name or parcel.firm, sender), to), sender, [to])
    return Answer("sent")


def _sender(kept: str) -> tuple[str, str]:
    """Name and address; what was kept before senders were read when they are set is read as it was then."""
    try:
        name, address = emails.parted(kept)
    except FieldError:
        name, address = parseaddr(kept)
    return name, emails.wire(address)


def _spelled(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def _from(name: str, address: str) -> str:
    """A name in any alphabet before its address. What Python folds by itself loses the quotes of a long name, so that
    its comma parts it in two, and spaces between its words."""
    if name.isascii() and len(name) <= SHORT_NAME:
        return str(_spelled(address, name))
    words = Header(name, "utf-8", header_name="From").encode(linesep="\r\n")
    return f"{words}\r\n <{address}>"


def _signed_in(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, context = _resolvable(parts.hostname or ""), ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE_SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=PATIENCE_SECONDS)
    try:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        if parts.username:
            if not isinstance(server.sock, ssl.SSLSocket):
                raise _NotEncrypted
            _sign_in(server, unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def _resolvable(host: str) -> str:
    """As it is looked up. Raises OSError for a name that no server can have, which is an error of encoding
    elsewhere."""
    try:
        found = domains.host(host)
        found.encode("idna")
    except UnicodeError:
        raise socket.gaierror(host) from None
    return found


def _sign_in(server: smtplib.SMTP, user: str, password: str) -> None:
    try:
        server.login(user, password)
    except UnicodeEncodeError:  # typed in another alphabet: no such word can be said there
        raise smtplib.SMTPAuthenticationError(535, b"") from None


class _NotEncrypted(smtplib.SMTPException):
    """A password is not said aloud."""


def letter(parcel: Parcel, sender: tuple[str, str], to: str) -> EmailMessage:
    """With the headers by which programs know that no person wrote it, and how it is stopped."""
    made = EmailMessage(policy.default.clone(refold_source="none"))
    site = urlsplit(parcel.site).hostname or "localhost"
    made.set_raw("From", _from(*sender))
    made["To"] = _spelled(to)
    made["Subject"] = " ".join(parcel.subject.split())
    made["Date"] = format_datetime(parcel.at)
    made["Message-ID"] = f"<{parcel.key}@{site}>"
    made["Content-Language"] = parcel.language
    if parcel.thread:
        made["In-Reply-To"] = made["References"] = f"<{parcel.thread}@{site}>"
    reply_to = emails.wire(parcel.reply_to)
    if reply_to and (reply_to.isascii() or not (sender[1] + to).isascii()):  # a plain letter has none
        made["Reply-To"] = _spelled(reply_to)
    if not parcel.is_to_client:
        made["Auto-Submitted"] = "auto-generated"
        made["List-Unsubscribe"] = f"<{parcel.site}/profile/addresses>"
    made.set_content(parcel.text)
    if parcel.html:
        made.add_alternative(parcel.html, subtype="html")
    return made


def _refused(error: smtplib.SMTPException) -> Answer:
    if isinstance(error, _NotEncrypted):
        return Answer("later", {"code": "not_encrypted"})
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Answer("later", {"code": "sign_in", "text": _said(error.smtp_error)})
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        if code == OF_SERVER or _said(text).startswith(OF_SYSTEM):
            return Answer("later", {"code": "gateway_said", "text": f"{code} {_said(text)}"})
        return Answer("refused" if code >= 500 else "later", {"code": "recipient_refused", "text": _said(text)})
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Answer("later", {"code": "sender_refused", "text": _said(error.smtp_error)})
    if isinstance(error, smtplib.SMTPResponseException):
        is_final = error.smtp_code >= 500 and isinstance(error, smtplib.SMTPDataError)
        said = f"{error.smtp_code} {_said(error.smtp_error)}"
        return Answer("refused" if is_final else "later", {"code": "gateway_said", "text": said})
    if isinstance(error, smtplib.SMTPServerDisconnected):
        why = error.__context__  # a silence, or a reply without end, is told as a line that was closed
        return away(why) if isinstance(why, TimeoutError | SaidTooMuch) else Answer("later", {"code": "closed"})
    return Answer("later", {"code": "gateway_said", "text": str(error)})


def _said(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def away(error: OSError) -> Answer:
    """The way to a server is not open, in the words of this house."""
    if isinstance(error, NotPublic):
        return Answer("later", {"code": "private_address", "text": str(error.strerror)})
    if isinstance(error, ssl.SSLCertVerificationError):
        return Answer("later", {"code": "certificate", "text": error.verify_message})
    if isinstance(error, TimeoutError):
        return Answer("later", {"code": "timed_out"})
    if isinstance(error, socket.gaierror):
        return Answer("later", {"code": "no_such_host"})
    if isinstance(error, ConnectionRefusedError):
        return Answer("later", {"code": "nobody_listens"})
    if isinstance(error, SaidTooMuch):
        return Answer("later", {"code": "said_too_much"})
    return Answer("later", {"code": "closed", "text": str(error)[:SHOWN]})

"""E-mail by SMTP. A repeat carries the same Message-ID; letters about one deal stand in one thread."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from urllib.parse import unquote, urlsplit

from rules.reach import Answer
from webapp.channels.guard import NotPublic
from webapp.channels.letters import Parcel

PATIENCE_SECONDS = 10  # for each word of the server; the whole has its own bound


def send(parcel: Parcel) -> Answer:
    """One letter to one server. Never raises for what a server or the way to it may do."""
    try:
        server = _signed_in(parcel.gateway.url)
        try:
            server.send_message(letter(parcel))
        finally:
            server.close()  # without a farewell: what it might answer to that changes nothing any more
        return Answer("sent")
    except smtplib.SMTPException as error:
        return _refused(error)
    except OSError as error:
        return away(error)


def _signed_in(url: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    host, context = parts.hostname or "", ssl.create_default_context()
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
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


class _NotEncrypted(smtplib.SMTPException):
    """A password is not said aloud."""


def letter(parcel: Parcel) -> EmailMessage:
    """With the headers by which programs know that no person wrote it, and how it is stopped."""
    made = EmailMessage()
    sender_name, sender = parseaddr(parcel.gateway.sender)
    site = urlsplit(parcel.site).hostname or "localhost"
    made["From"] = formataddr((sender_name or parcel.firm, sender))
    made["To"] = parcel.to
    made["Subject"] = " ".join(parcel.subject.split())
    made["Date"] = format_datetime(parcel.at)
    made["Message-ID"] = f"<{parcel.key}@{site}>"
    made["Content-Language"] = parcel.language
    if parcel.thread:
        made["In-Reply-To"] = made["References"] = f"<{parcel.thread}@{site}>"
    if parcel.reply_to:
        made["Reply-To"] = parcel.reply_to
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
        return Answer("refused" if code >= 500 else "later", {"code": "recipient_refused", "text": _said(text)})
    if isinstance(error, smtplib.SMTPSenderRefused):
        return Answer("later", {"code": "sender_refused", "text": _said(error.smtp_error)})
    if isinstance(error, smtplib.SMTPResponseException):
        is_final = error.smtp_code >= 500 and isinstance(error, smtplib.SMTPDataError)
        said = f"{error.smtp_code} {_said(error.smtp_error)}"
        return Answer("refused" if is_final else "later", {"code": "gateway_said", "text": said})
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Answer("later", {"code": "closed"})
    return Answer("later", {"code": "gateway_said", "text": str(error)[:500]})


def _said(text: bytes | str) -> str:
    return (text.decode(errors="replace") if isinstance(text, bytes) else str(text))[:500]


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
    return Answer("later", {"code": "closed", "text": str(error)[:300]})

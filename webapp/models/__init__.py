"""The tables, one small file a topic. They hold columns and relations; what may change them is in services/."""

from webapp.models.board_views import BoardView
from webapp.models.calendar_feeds import CalendarFeed
from webapp.models.calls import CallAnswer, CallLeg, PhoneCall, PhoneLine, Telephony
from webapp.models.column_totals import ColumnChange, ColumnTotal
from webapp.models.contact_ways import ContactWay
from webapp.models.deals import Company, Contact, Deal, StageVisit
from webapp.models.firm import Calendar, Firm, FoundingCode, Recount, Season
from webapp.models.hand_overs import HandOver
from webapp.models.important import ImportantItem, ImportantPlace, ImportantRung
from webapp.models.inbox import Inbox, Notification
from webapp.models.inquiries import Conversation, Message
from webapp.models.invoices import Invoice, Payment
from webapp.models.journal import JournalEntry
from webapp.models.links import SignInLink
from webapp.models.notes import Note
from webapp.models.old_secrets import OldSecret
from webapp.models.outbox import AT_ONCE, Heartbeat, LongWorkColumns, WorkColumns
from webapp.models.people import Absence, ApiToken, Department, Membership, Post, User, UserSession
from webapp.models.pipeline import Field, FieldRequirement, Pipeline, Stage
from webapp.models.reach import Address, Delivery, DigestLine, Gateway, Telling
from webapp.models.rehearsals import Rehearsal, RehearsedFiring
from webapp.models.requests import IdempotencyKey
from webapp.models.robots import Robot, RobotDefinition, RobotRun, Trigger, TriggerCall
from webapp.models.setup import SetupAct, SetupEdit, SetupPlan, SetupVersion, SetupWork
from webapp.models.tasks import Task, TaskAlarm, TaskComment, TaskDecision, TaskFile, TaskFilePart, TaskReturn
from webapp.models.webhooks import Webhook

__all__ = [
    "AT_ONCE",
    "Absence",
    "Address",
    "ApiToken",
    "BoardView",
    "Calendar",
    "CalendarFeed",
    "CallAnswer",
    "CallLeg",
    "ColumnChange",
    "ColumnTotal",
    "Company",
    "Contact",
    "ContactWay",
    "Conversation",
    "Deal",
    "Delivery",
    "Department",
    "DigestLine",
    "Field",
    "FieldRequirement",
    "Firm",
    "FoundingCode",
    "Gateway",
    "HandOver",
    "Heartbeat",
    "IdempotencyKey",
    "ImportantItem",
    "ImportantPlace",
    "ImportantRung",
    "Inbox",
    "Invoice",
    "LongWorkColumns",
    "JournalEntry",
    "Membership",
    "Message",
    "Note",
    "Notification",
    "Payment",
    "OldSecret",
    "PhoneCall",
    "PhoneLine",
    "Pipeline",
    "Post",
    "Recount",
    "Rehearsal",
    "RehearsedFiring",
    "Robot",
    "RobotDefinition",
    "RobotRun",
    "Season",
    "SignInLink",
    "SetupAct",
    "SetupEdit",
    "SetupPlan",
    "SetupVersion",
    "SetupWork",
    "Stage",
    "StageVisit",
    "Task",
    "TaskAlarm",
    "TaskComment",
    "TaskDecision",
    "TaskFile",
    "TaskFilePart",
    "TaskReturn",
    "Telephony",
    "Telling",
    "Trigger",
    "TriggerCall",
    "User",
    "UserSession",
    "Webhook",
    "WorkColumns",
]

"""The tables, one file per group of nouns. Importing this package registers all of them.

Every row belongs to a workspace: the primary key starts with `workspace_id`, and every foreign key
carries it along, so that no row can refer to another workspace's.

No other index that covers all rows begins with `workspace_id`: on a table without statistics the
planner would take it for as good as the key, and walk a whole workspace for one row.
"""

from gateway.database.schema.access import AccessToken, Agent, Channel, FeedTicket, Workspace
from gateway.database.schema.answers import AnswerAllowance, ExpectedWait, Macro, Tag, TagMove
from gateway.database.schema.articles import Article, ArticleGap, ArticleText, ArticleVote
from gateway.database.schema.assignments import Assignment, Presence, Transfer
from gateway.database.schema.attributes import AttributeDefinition
from gateway.database.schema.audit import AuditEntry
from gateway.database.schema.base import Base
from gateway.database.schema.contacts import Contact, ContactMerge, Identity
from gateway.database.schema.conversations import (
    Attachment,
    Conversation,
    ConversationLink,
    Message,
    ReadMark,
    Refusal,
    RemoteFile,
    ThreadRef,
)
from gateway.database.schema.deliveries import Attempt, Delivery, OptOut, SendingPace
from gateway.database.schema.feed import Event, FeedHead
from gateway.database.schema.figures import FigureCase, FigureCursor, FigureRollup, FigureTarget
from gateway.database.schema.intake import (
    Blob,
    Quarantine,
    RawPayload,
    Receipt,
    ScanState,
    SpareObject,
)
from gateway.database.schema.learning import LearntTypes
from gateway.database.schema.logins import AgentIdentity, Invitation, Login, SpentErrand
from gateway.database.schema.mailboxes import Mailbox, MailboxFolder
from gateway.database.schema.queues import (
    BusinessCalendar,
    Queue,
    QueueEntry,
    QueueMember,
)
from gateway.database.schema.reports import ReportMail
from gateway.database.schema.rules import Decision, RuleSetDraft, RuleSetMove, RuleSetVersion
from gateway.database.schema.search import SearchEntry, SearchMark
from gateway.database.schema.sla import SlaClock, SlaPolicy
from gateway.database.schema.surveys import Survey, SurveyInvitation
from gateway.database.schema.views import SavedView
from gateway.database.schema.webhooks import Webhook, WebhookAttempt, WebhookDelivery

__all__ = [
    "AccessToken",
    "Agent",
    "AgentIdentity",
    "AnswerAllowance",
    "Article",
    "ArticleGap",
    "ArticleText",
    "ArticleVote",
    "Assignment",
    "Attachment",
    "Attempt",
    "AttributeDefinition",
    "AuditEntry",
    "Base",
    "Blob",
    "BusinessCalendar",
    "Channel",
    "Contact",
    "ContactMerge",
    "Conversation",
    "ConversationLink",
    "Decision",
    "Delivery",
    "Event",
    "ExpectedWait",
    "FeedHead",
    "FeedTicket",
    "FigureCase",
    "FigureCursor",
    "FigureRollup",
    "FigureTarget",
    "Identity",
    "Invitation",
    "LearntTypes",
    "Login",
    "Macro",
    "Mailbox",
    "MailboxFolder",
    "Message",
    "OptOut",
    "Presence",
    "Quarantine",
    "Queue",
    "QueueEntry",
    "QueueMember",
    "RawPayload",
    "ReadMark",
    "Receipt",
    "Refusal",
    "RemoteFile",
    "ReportMail",
    "RuleSetDraft",
    "RuleSetMove",
    "RuleSetVersion",
    "SavedView",
    "ScanState",
    "SearchEntry",
    "SearchMark",
    "SendingPace",
    "SlaClock",
    "SlaPolicy",
    "SpareObject",
    "SpentErrand",
    "Survey",
    "SurveyInvitation",
    "Tag",
    "TagMove",
    "ThreadRef",
    "Transfer",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "Workspace",
]

"""The one table of names: agencies, roles, purposes, codes and topics (DECISIONS, Names)."""

from __future__ import annotations

from enum import StrEnum


class Agency(StrEnum):
    """The parties of a county's MOU. A code, never a display name; the MOU document names them."""

    HUMAN_SERVICES = "human-services"
    PROBATION = "probation"
    BEHAVIORAL_HEALTH = "behavioral-health"
    PUBLIC_HEALTH = "public-health"
    JUVENILE_COURT = "juvenile-court"
    OFFICE_OF_EDUCATION = "office-of-education"
    SHERIFF = "sheriff"
    MEDICAL_HUB = "medical-hub"
    ADVOCACY = "advocacy"
    SHELTER = "shelter"
    COUNTY = "county"


class Role(StrEnum):
    """What a person does for an agency."""

    SCREENER = "screener"
    SOCIAL_WORKER = "social-worker"
    SUPERVISOR = "supervisor"
    PROBATION_OFFICER = "probation-officer"
    ADVOCATE = "advocate"
    CLINICIAN = "clinician"
    NURSE = "nurse"
    EDUCATION_LIAISON = "education-liaison"
    DEPUTY = "deputy"
    COORDINATOR = "coordinator"
    PRIVACY_OFFICER = "privacy-officer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADVISORY_BOARD = "advisory-board"
    AGENCY_ADMIN = "agency-admin"
    SYSTEM = "system"


class Purpose(StrEnum):
    """Why a caller acts or reads; the header `Accord-Purpose`."""

    COORDINATE = "coordinate"
    RESPOND = "respond"
    REPORT = "report"
    AUDIT = "audit"
    SUPPORT = "support"
    COURT_ORDER = "court-order"
    BREAK_GLASS = "break-glass"


class Service(StrEnum):
    """The three services; also their Kafka principals."""

    REFERRALS = "referrals"
    NOTIFICATIONS = "notifications"
    AUDIT = "audit"


class SealedClass(StrEnum):
    """Kinds of identifying or specially protected facts; each sealed under keys of its own."""

    IDENTITY = "identity"
    CONTACT = "contact"
    ADDRESS = "address"
    NARRATIVE = "narrative"
    HEALTH = "health"
    SUBSTANCE_USE = "substance_use"
    EDUCATION = "education"
    JUSTICE = "justice"
    REPORTER = "reporter"


class Urgency(StrEnum):
    """How soon a referral needs its first answer."""

    HOURS = "hours"
    DAY = "day"
    DAYS = "days"
    ROUTINE = "routine"


class YouthChoice(StrEnum):
    """What the youth said of the referral; never a reason held against the youth."""

    AGREES = "agrees"
    DECLINES = "declines"
    NOT_YET_ASKED = "not-yet-asked"
    NOT_THEIRS_TO_DECIDE = "not-theirs-to-decide"


class EvaluatedOut(StrEnum):
    """Why a concern is not opened as a case here."""

    NOT_THIS_POPULATION = "not-this-population"
    ALREADY_KNOWN = "already-known"
    OTHER_COUNTY = "other-county"
    INSUFFICIENT = "insufficient"
    DUPLICATE = "duplicate"
    OTHER = "other"


class EvidenceReason(StrEnum):
    """Why a person took an evidence bundle of a case."""

    SAMPLE = "sample"
    COMPLAINT = "complaint"
    COURT_ORDER = "court-order"
    REVIEW = "review"
    OTHER = "other"


class EndOfCover(StrEnum):
    """Why a cover ends before its time."""

    RETURNED = "returned"
    CHANGED = "changed"
    COVERING_PERSON_LEFT = "covering-person-left"


class Matter(StrEnum):
    """Dependency and delinquency are separate streams with separate keys from the first event on."""

    DEPENDENCY = "dependency"
    DELINQUENCY = "delinquency"
    NONE = "none"


def events_topic(service: str) -> str:
    """The log of record of `service`."""
    return f"accord.{service}.events"


def access_topic(service: str) -> str:
    """Reads of case data, denials and break-glass, stated by `service`."""
    return f"accord.{service}.access"


def beats_topic(service: str) -> str:
    """Each second: all recorded before t is published; last sequences."""
    return f"accord.{service}.beats"


def deadletters_topic(service: str) -> str:
    """Topic, partition, offset, reason, size and digest of what could not be read."""
    return f"accord.{service}.deadletters"


def submissions_topic(agency: str) -> str:
    """What the systems of `agency` submit; written by that agency only."""
    return f"accord.submissions.{agency}"


def receipts_topic(agency: str) -> str:
    """One receipt for each submission; readable by that agency only."""
    return f"accord.receipts.{agency}"


def outbox_topic(agency: str) -> str:
    """What `agency` may know, filtered; readable by that agency only."""
    return f"accord.outbox.{agency}"


MOU_TOPIC = "accord.mou.events"


#: Partitions of a topic of events or of access. It never changes: the order per case hangs on it.
PARTITIONS = 6


def partitions(topic: str) -> int:
    """How many partitions a topic has; one for mou, dead letters, beats, submissions, receipts, outbox."""
    many = topic.endswith((".events", ".access")) and topic != MOU_TOPIC
    return PARTITIONS if many else 1

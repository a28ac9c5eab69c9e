"""Every kind of problem an API of Accord answers with: the one table that pages, answers and tests read.

`slug` names the page (`/problems/<slug>`) and is the problem's `type`; scripts compare it: it never changes.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProblemType:
    """One kind of problem. `example` is the detail text of an answer of this kind."""

    slug: str
    status: int
    title: str
    cause: str
    fix: str
    example: str


_SIGN_IN = "On the local platform `accord token --as PERSON` gives one; elsewhere your county's sign-in does."

_BAD_REQUEST = (
    ProblemType(
        "unreadable",
        400,
        "The request cannot be read",
        "The body is missing, is not UTF-8 JSON, or is not the one JSON object that the operation expects.",
        "Send one JSON object as UTF-8 with `Content-Type: application/json`. `/openapi.json` shows"
        " its members.",
        "The body is not readable as JSON.",
    ),
    ProblemType(
        "idempotency-key-missing",
        400,
        "An Idempotency-Key is needed",
        "A POST that creates something must say how a repeat is recognised, so that a lost answer is"
        " safe to retry.",
        "Send `Idempotency-Key: <a fresh UUID>`. Use the same key again only to repeat the same body.",
        "This operation needs the header Idempotency-Key.",
    ),
)

_SIGN_IN_NEEDED = (
    ProblemType(
        "token-missing",
        401,
        "Sign-in needed",
        "The request carries no bearer token.",
        f"Send `Authorization: Bearer <token>`. {_SIGN_IN}",
        "This operation needs the header Authorization with a bearer token.",
    ),
    ProblemType(
        "token-invalid",
        401,
        "The token is not valid",
        "It is not a signed JWT; its signature, algorithm or key is not one this county accepts; or"
        " a claim that must"
        " be there (sub as a UUID, agency, roles, aud, exp, iat) is missing or not of its kind.",
        f"Get a new token from the issuer. {_SIGN_IN}",
        "The token's signature does not match a key of its issuer.",
    ),
    ProblemType(
        "token-expired",
        401,
        "The token has expired",
        "Its `exp` lies more than 30 seconds back.",
        f"Get a new token and send the request again, with the same Idempotency-Key. {_SIGN_IN}",
        "The token has expired.",
    ),
    ProblemType(
        "token-not-yet-valid",
        401,
        "The token is not valid yet",
        "Its `nbf` or `iat` lies more than 30 seconds ahead: a clock is wrong, here or at the issuer.",
        "Compare both clocks with a time server; `accord doctor` shows the skew.",
        "The token is not valid yet.",
    ),
    ProblemType(
        "token-foreign-issuer",
        401,
        "The token comes from an issuer this county does not know",
        "Its `iss` is not in the service's list of issuers.",
        "Sign in with your agency's own issuer; ask the county's operator to add it if the MOU names"
        " your agency.",
        "The token's issuer is not one of this county's.",
    ),
    ProblemType(
        "token-wrong-audience",
        401,
        "The token was made for another system",
        "Its `aud` does not name Accord as the issuer and the county agreed.",
        "Ask the issuer for a token with Accord's audience.",
        "The token was made for another audience.",
    ),
    ProblemType(
        "token-wrong-agency",
        401,
        "The issuer may not speak for this agency",
        "The token's `agency` is not one that its issuer is trusted for.",
        "Sign in with the issuer of the agency you act for.",
        "The token's issuer may not speak for the agency it names.",
    ),
)

_FORBIDDEN_OR_UNKNOWN = (
    ProblemType(
        "not-allowed",
        403,
        "You may see this but not do it",
        "The MOU gives this act to another agency, another role or another purpose. `clause` says where.",
        "Ask whom `clause` names, or act with the role and purpose that it asks for.",
        "Only the agency that was asked may answer a referral.",
    ),
    ProblemType(
        "not-found",
        404,
        "Not found, or not yours to know of",
        "Nothing of this name exists, or it exists and you may not know of it. The two are never told apart.",
        "Compare the id with the one you were given. If your agency should know of it, ask the"
        " county's coordinator.",
        "There is nothing here that you may know of.",
    ),
    ProblemType(
        "method-not-allowed",
        405,
        "This address does not take this method",
        "The address exists, for other methods than the one used.",
        "Use a method that the answer's `Allow` header or `/openapi.json` lists.",
        "This address does not take this method.",
    ),
)

_MOVED_ON = (
    ProblemType(
        "conflict",
        409,
        "Someone else wrote first",
        "The thing changed while your command was decided, several times in a row.",
        "Read it again, decide again, and send the command anew.",
        "Someone else changed this at the same moment.",
    ),
    ProblemType(
        "refused",
        409,
        "The MOU, or the state of things, does not allow this",
        "The command is well formed, but not legal as things stand. The refusal is recorded;"
        " `clause` and `reason` say"
        " why, `remedy` what you can do.",
        "Follow `remedy`. A refused command is never retried by itself.",
        "A referral that was rejected cannot be accepted.",
    ),
    ProblemType(
        "stale",
        412,
        "It has changed since you read it",
        "The `If-Match` you sent is not the current ETag for you: what you may see of it has changed.",
        "Read it again, look at what changed, and send the command with the new ETag.",
        "This has changed since you read it.",
    ),
    ProblemType(
        "precondition-required",
        428,
        "Say what your command is based on",
        "A command on something that exists must carry `If-Match`, so that nobody acts on what is no"
        " longer so.",
        "Read the thing, and send its `ETag` as `If-Match`. `*` and weak tags say nothing of what you saw.",
        "This operation needs the header If-Match.",
    ),
)

_FIELDS = (
    ProblemType(
        "too-large",
        413,
        "The request is too large",
        "A body may have at most 65,535 bytes; and the sealed facts of a command must fit one event: 40,000 bytes"
        " of UTF-8 in all classes together always do. A report of a concern is not refused for that: it goes on in"
        " a further event.",
        "Send less, of the class that `errors` names if there is one: long texts belong in your own"
        " system; a number or reference is enough here.",
        "The body is larger than 65,535 bytes.",
    ),
    ProblemType(
        "unsupported-media-type",
        415,
        "The body is of a kind this address does not take",
        "The operation takes JSON only.",
        "Send `Content-Type: application/json`.",
        "This operation takes application/json.",
    ),
    ProblemType(
        "invalid-field",
        422,
        "A field is not as it must be",
        "One or more members of the request are missing, unknown or of the wrong kind. `errors`"
        " names each by JSON"
        " pointer, parameter or header, and what is wrong with it; never what you sent.",
        "Correct the named fields and send the request again. `/openapi.json` has the full description.",
        "1 field is not as it must be.",
    ),
    ProblemType(
        "idempotency-key-invalid",
        422,
        "The Idempotency-Key is not usable",
        "A key is 1 to 200 visible ASCII characters, sent once.",
        "Use a fresh UUID.",
        "An Idempotency-Key is 1 to 200 visible ASCII characters, sent once.",
    ),
    ProblemType(
        "idempotency-key-reused",
        422,
        "This Idempotency-Key belongs to another request",
        "You used the same key before, with another body or another operation.",
        "Use a fresh key for a new command; repeat a command with exactly its first body.",
        "This Idempotency-Key was used with another body.",
    ),
    ProblemType(
        "purpose-unknown",
        422,
        "The purpose is not one the MOU knows",
        "`Accord-Purpose` is not a known purpose.",
        "Send one of coordinate, respond, report, audit, support, court-order, break-glass; without"
        " it, coordinate.",
        "Accord-Purpose names no purpose of the MOU.",
    ),
    ProblemType(
        "cursor-invalid",
        422,
        "This cursor is not usable here",
        "The cursor was made for another caller, purpose or filter, or it was altered or cut short.",
        "Start again without a cursor, and follow the `next` of each page with the same filter and purpose.",
        "The cursor does not belong to this caller and filter.",
    ),
)

_LATER = (
    ProblemType(
        "too-many-requests",
        429,
        "Too many requests",
        "You sent more than your share in a short time.",
        "Wait as many seconds as `Retry-After` says.",
        "Too many requests.",
    ),
    ProblemType(
        "unexpected",
        500,
        "Accord failed unexpectedly",
        "A fault of ours. Nothing of your command was recorded, or all of it was.",
        "Repeat it with the same Idempotency-Key. If it fails again, give the operator the `incident`.",
        "An unexpected failure. Give the operator the incident id.",
    ),
    ProblemType(
        "try-later",
        503,
        "Not possible at this moment",
        "Something this service needs (its database, Kafka, an issuer's keys) is away or slow, or it is ending.",
        "Wait as many seconds as `Retry-After` says, then repeat with the same Idempotency-Key: the command has"
        " effect once, whether or not it already had.",
        "A part that this service needs is away.",
    ),
    ProblemType(
        "stores-disagree",
        503,
        "A store and its log disagree",
        "The service found that its store and Kafka do not hold the same record, and takes no"
        " commands until an"
        " operator has repaired it: it refuses rather than guesses.",
        "For the operator: run the command that `remedy` names. For others: wait, and repeat with"
        " the same key.",
        "The store and the log of this service disagree.",
    ),
)

#: Every problem type, in the order of its status.
TYPES: tuple[ProblemType, ...] = (
    *_BAD_REQUEST,
    *_SIGN_IN_NEEDED,
    *_FORBIDDEN_OR_UNKNOWN,
    *_MOVED_ON,
    *_FIELDS,
    *_LATER,
)

BY_SLUG = {kind.slug: kind for kind in TYPES}

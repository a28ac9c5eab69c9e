"""The duty of its own that a county adds in tests: the tribe is told within 24 hours of a placement."""

#: What is typed into the form, or answered on the command line.
DUTY = {
    "says": "The young person's tribe is told within 24 hours of a placement.",
    "clause": "99.1",
    "title": "Telling the tribe",
    "source": "County policy 12",
    "opens": "act:placed",
    "closes": "new",
    "closes_new": "The tribe was told of the placement",
    "to": "tribe",
    "length": "24",
    "clock": "hours",
    "agency": "lead",
    "role": "social-worker",
}
#: When somebody is warned of it, and where it goes on to.
ESCALATED = {"warn_before": "6", "queue": "human-services/supervisor", "after_hours": "0"}

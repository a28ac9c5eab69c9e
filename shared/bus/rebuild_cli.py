"""What the commands that rebuild share: how they are told, how they fail, and the exit code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg

from shared import telemetry
from shared.bus.rebuild import rebuild
from shared.bus.rebuild_options import Options, Reason
from shared.bus.rebuild_parts import Builder, NotEnough, Report
from shared.cli.failures import CommandFailed, ExitCode, Unreachable
from shared.cli.output import emit_fields, emit_json, say
from shared.cli.progress import Shown, lasting
from shared.errors import Conflict, Disagreement, TryLater
from shared.settings import Settings
from shared.store.generations import Tables

GOES_ON = "The live tables are as they were. The same command goes on where this one stopped."


class Differs(CommandFailed):
    """Live and rebuilt differ, or there is not enough to rebuild from; nothing was changed."""

    exit_code = ExitCode.FOUND_PROBLEMS


class Busy(CommandFailed):
    """Another rebuild runs."""

    exit_code = ExitCode.CONFLICT


def run(
    service: str,
    data: Path | None,
    make: Callable[[Settings, str], Builder],
    tables: Tables,
    prepare: Callable[[Settings], object],
    options: Options,
    *,
    as_json: bool,
) -> None:
    """Rebuild and tell. Raises CommandFailed with the exit code that says what happened."""
    from shared.bus.cli import settings_of

    settings, _ = settings_of(service, data)
    # The findings that are made again would be told one by one; what is new of them is told in the end.
    telemetry.configure(service, "rebuild", "critical")
    try:
        prepare(settings)
        with Shown() as shown:
            report = rebuild(settings, make, tables, options, shown)
    except Conflict as error:
        raise Busy(f"Nothing was done: {error}.", "Wait for its end; two would build the same.") from error
    except NotEnough as error:
        raise Differs(f"{error} Nothing was changed.", "\n".join(error.lacking)) from error
    except Disagreement as error:
        raise Differs(f"{error.detail} Nothing was changed.", error.remedy) from error
    except (TryLater, psycopg.Error) as error:
        raise Unreachable(_why(error), GOES_ON) from error
    except KeyboardInterrupt:
        say(f"Stopped. {GOES_ON}")
        raise
    _tell(report, as_json)


def _why(error: Exception) -> str:
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if isinstance(cause, psycopg.errors.DiskFull):
        return "The database's disk is full. Make room."
    if isinstance(error, psycopg.Error):
        return f"The database did not do it ({type(error).__name__})."
    return f"Not done: {error}."


def _tell(report: Report, as_json: bool) -> None:
    if as_json:
        emit_json(report.as_dict())
    else:
        _show(report)
    if report.switched:
        say("Rebuilt and switched to." + (f" Those before are in {report.kept}." if report.kept else ""))
        return
    lines = [str(difference) for difference in report.differences]
    if any(difference.lost for difference in report.differences):
        lines.append(
            "What is proven of the live tables is not in Kafka: they are kept, and there is no way around it."
        )
    else:
        lines.append(
            "Find out which of the two is right. To switch to what Kafka says: --switch-anyway and why"
            f" ({', '.join(Reason)}); the tables before are kept."
        )
    raise Differs("What Kafka says differs from the live tables. They are as they were.", "\n".join(lines))


def _show(report: Report) -> None:
    fields = {
        "records": f"{report.records:,}, {report.read:,} of them read by this command",
        "took": f"{lasting(report.seconds)}, {report.per_second:,} records a second",
        "signed roots": f"{report.roots:,} reproduced",
    }
    for name, both in report.digests.items():
        word = "equal" if both["live"] == both["rebuilt"] else f"differs from live's {both['live'][:16]}…"
        fields[f"digest of {name}"] = f"{both['rebuilt'][:16]}… {word}"
    if report.service != "audit":
        del fields["signed roots"]
    emit_fields(fields)

"""The report of a stocktake for the auditors, on paper and as a workbook (STK-3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from labels import count_report
from labels.count_report import CountReport, ReportLine
from warehouse import i18n
from warehouse.config import Config
from warehouse.documents import money
from warehouse.domain.money import minor_per_major
from warehouse.errors import NotFound
from warehouse.gateways import exports
from warehouse.queries import stocktakes as queries
from warehouse.queries.stocktakes import Counter, Difference, SessionRow

_HEADINGS = ("shelf", "book", "code", "on_record", "counts", "difference", "value", "state")
_SIGNATURES = ("sign_counted", "sign_approved", "sign_audited")
_ROUNDS = (1, 2, 3)


def report_pdf(session: Any, config: Config, session_id: int, lang: str) -> bytes:
    """Every line of a stocktake, those that were right included, and room to sign."""
    return count_report.to_pdf(_report(*_found(session, session_id), config=config, lang=lang))


def report_xlsx(session: Any, config: Config, session_id: int, lang: str) -> tuple[str, bytes]:
    """The same as a workbook, in sheets: the lines with a column for each fact, and what was counted by whom; with
    the name that the file should have."""
    stocktake, counters, lines, moves = _found(session, session_id)

    def say(code: str, **facts: Any) -> str:
        return i18n.say(lang, f"stocktakes.{code}", **facts)

    header = [say(code) for code in (
        "shelf", "book", "code", "on_record", *(f"round_{turn}" for turn in _ROUNDS), "difference", "posted", "value",
        "currency", "state", "cause", "note", "decided_by", "decided_at", "moves")]
    rows: list[list[exports.Cell]] = [[
        line.location, line.title, line.code, line.on_record, *_rounds(config, line), line.units, line.units_posted,
        line.value_minor / minor_per_major(line.currency), line.currency,
        say(f"state_{line.state}"),
        say(f"cause_{line.cause}") if line.cause else "", line.note, line.decided_by, _local(config, line.decided_at),
        ", ".join(map(str, moves.get(line.id, ()))),
    ] for line in lines]
    about: list[list[exports.Cell]] = [[name, words] for name, words in _facts(stocktake, config, lang)]
    about += [[say("counters"), _counter(each, lang)] for each in counters]
    about += [[say(code), ""] for code in _SIGNATURES]
    return stocktake.number, exports.sheets_to_xlsx([
        (stocktake.number, header, rows), (say("report"), [say("report"), stocktake.number], about)])


def _found(
    session: Any, session_id: int,
) -> tuple[SessionRow, list[Counter], list[Difference], Mapping[int, Sequence[int]]]:
    stocktake = queries.find_session(session, session_id)
    if stocktake is None:
        raise NotFound("stocktakes.no_such_session")
    return (stocktake, queries.list_counters(session, session_id),
            queries.list_differences(session, session_id, matched=True, most=None),
            queries.list_moves(session, session_id))


def _report(
    stocktake: SessionRow, counters: Sequence[Counter], lines: Sequence[Difference],
    moves: Mapping[int, Sequence[int]], *, config: Config, lang: str,
) -> CountReport:
    return CountReport(
        lang=lang, title=i18n.say(lang, "stocktakes.report_title"), number=stocktake.number,
        facts=tuple(_facts(stocktake, config, lang)), counters=tuple(_counter(each, lang) for each in counters),
        counters_title=i18n.say(lang, "stocktakes.counters"),
        headings=tuple(i18n.say(lang, f"stocktakes.{code}") for code in _HEADINGS),
        lines=tuple(_line(line, moves.get(line.id, ()), lang) for line in lines),
        signatures=tuple(i18n.say(lang, f"stocktakes.{code}") for code in _SIGNATURES),
        warehouse=config.sender_address_zh if lang == i18n.CHINESE else config.sender_address)


def _facts(stocktake: SessionRow, config: Config, lang: str) -> list[tuple[str, str]]:
    """The head of the report: what, by whom, within which limits, how right."""
    def say(code: str, **facts: Any) -> str:
        return i18n.say(lang, f"stocktakes.{code}", **facts)

    scope = stocktake.scope
    named = [*scope.get("zones", ()), *scope.get("classes", ()), *scope.get("codes", ()), scope.get("publisher", "")]
    what = ", ".join(filter(None, map(str, named)))
    tally = stocktake.tally
    return [
        (say("what"), say(f"kind_{stocktake.kind}") + (f" · {what}" if what else "")),
        (say("state"), say(f"session_{stocktake.state}")),
        (say("opened"), f"{_local(config, stocktake.created_at)} · {stocktake.created_by}"),
        (say("closed"), f"{_local(config, stocktake.closed_at)} · {stocktake.closed_by}".strip(" ·") or "–"),
        # In whatever currency each book is sold.
        (say("tolerances"), say("limits", n=stocktake.tolerance_units, value=f"{stocktake.tolerance_minor / 100:,.2f}",
                                approval=f"{stocktake.approval_minor / 100:,.2f}")),
        (say("shelves"), f"{stocktake.shelves_done} / {stocktake.shelves}"),
        (say("accuracy_lines"), f"{_share(tally.by_lines)} ({tally.lines_right} / {tally.lines})"),
        (say("accuracy_units"), f"{_share(tally.by_units)} ({tally.units_off} / {tally.units})"),
        (say("accuracy_value"), _share(tally.by_value)),
        (say("value_off"), ", ".join(money(minor, currency) for currency, minor in stocktake.off.items()) or "–"),
        *([(say("not_counted"), ", ".join(scope["left_out"]))] if scope.get("left_out") else []),
    ]


def _counter(each: Counter, lang: str) -> str:
    return i18n.say(lang, "stocktakes.counted_by", name=each.name, shelves=each.shelves, titles=each.titles,
                    units=each.units)


def _line(line: Difference, moves: Sequence[int], lang: str) -> ReportLine:
    decision = [i18n.say(lang, f"stocktakes.state_{line.state}")]
    if line.cause:
        decision.append(i18n.say(lang, f"stocktakes.cause_{line.cause}"))
    decision += filter(None, [line.decided_by, " ".join(f"#{move}" for move in moves)])
    return ReportLine(
        line.location, f"{line.title} {line.volume}".strip(), line.code, str(line.on_record),
        " · ".join(f"{count.units} {count.person}" for count in line.counts), signed(line.units),
        _money(line.value_minor, line.currency), " · ".join(decision), differs=bool(line.units))


def _rounds(config: Config, line: Difference) -> list[str]:
    """What each round found, by whom and when; empty where there was none."""
    told = [f"{count.units} · {count.person} · {_local(config, count.at)}" for count in line.counts]
    return [*told, "", "", ""][: len(_ROUNDS)]


def signed(units: int) -> str:
    """A difference as it is read: +2, −1, 0."""
    return f"{units:+d}".replace("-", "−") if units else "0"


def _money(minor: int, currency: str) -> str:
    return ("−" if minor < 0 else "") + money(abs(minor), currency or "CNY") if minor else ""


def _share(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.2f} %"


def _local(config: Config, moment: datetime | None) -> str:
    return moment.astimezone(ZoneInfo(config.time_zone)).strftime("%Y-%m-%d %H:%M") if moment else ""

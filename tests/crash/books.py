"""What the books hold against what the clients wrote down. Every sentence that comes back is something wrong."""

import json
from collections import Counter

from sqlalchemy import select, text

from tests.crash.clients import TAKES, read_books
from warehouse import data_folder
from warehouse.models.journal import Scan
from warehouse.models.stock import StockMove

MOST_SHOWN = 10


def compare(house, folder):
    """Findings by kind: `lost` and `other answer` (acknowledged scans), `unasked` (scans nobody made), `refused`
    (right scans not accepted), `moves` (of one scan) and `units` (copies in hand against copies booked)."""
    intents, answers = read_books(folder)
    with data_folder.opened(house.config) as db, db.read(steady=True) as session:
        scans = {row.scan_id: row for row in session.execute(
            select(Scan.id, Scan.scan_id, Scan.raw, Scan.outcome, Scan.answer).where(Scan.device_id.is_not(None)))}
        moves = {}
        for move in session.execute(
            select(StockMove.scan_id, StockMove.item_id, StockMove.source_id, StockMove.units, StockMove.reason)
            .where(StockMove.device_id.is_not(None))
        ):
            moves.setdefault(move.scan_id, []).append(tuple(move)[1:])
    findings = {kind: [] for kind in ("lost", "other answer", "unasked", "refused", "moves", "units", "unanswered")}
    findings["unanswered"] = [key for key in intents if key not in answers]
    for key, answer in answers.items():
        _compare_one(findings, intents[key], answer, scans.get(answer["scan_id"]), moves)
    known = {answer["scan_id"] for answer in answers.values()}
    findings["unasked"] = [scan_id for scan_id in scans if scan_id not in known]
    row_ids = {row.id for row in scans.values()}
    findings["moves"] += [f"moves of no scan: {scan_id} {found}" for scan_id, found in moves.items()
                          if scan_id not in row_ids]
    findings["units"] = _compare_units(intents, answers, moves)
    return {kind: found[:MOST_SHOWN] for kind, found in findings.items() if found}


def _compare_one(findings, intent, answer, row, moves):
    if answer["status"] != 200:
        findings["refused"].append(f"{answer['status']} to {intent}: {answer['body'][:300]}")
        return
    told = json.loads(answer["body"])
    if row is None:
        findings["lost"].append(f"{answer['scan_id']} {told['code']}")
        return
    if json.loads(row.answer) != told or row.raw != intent["raw"]:
        findings["other answer"].append(f"{row.scan_id}: told {told['code']}, kept {row.answer[:200]}")
    if (told["outcome"] == "accepted") != intent["is_right"]:
        findings["refused"].append(f"{told['code']} to {intent}")
    is_take = intent["is_take"] and told["code"] in TAKES
    expected = [(intent["item_id"], intent["source_id"], 1, "pick")] if is_take else []
    if moves.get(row.id, []) != expected:
        findings["moves"].append(f"{row.scan_id}: {moves.get(row.id, [])} for {expected}")


def _compare_units(intents, answers, moves):
    """A copy is in the hand once for each take that was meant, however often it was sent."""
    in_hand = Counter(intent["item_id"] for key, intent in intents.items() if intent["is_take"] and key in answers)
    booked = Counter()
    for found in moves.values():
        for item_id, _, units, reason in found:
            booked[item_id] += units if reason == "pick" else -units
    return [f"item {item_id}: {in_hand[item_id]} in hand, {booked[item_id]} booked"
            for item_id in sorted(in_hand.keys() | booked.keys()) if in_hand[item_id] != booked[item_id]]


def integrity(house):
    """What SQLite itself says of its file."""
    with data_folder.opened(house.config) as db, db.read() as session:
        return session.execute(text("PRAGMA integrity_check")).scalar_one()

"""The table of what can go wrong, held against itself, against what the code reports, and against the sentences."""

import ast
from pathlib import Path

import pytest

from warehouse import i18n
from warehouse.domain import incidents as rules
from warehouse.domain import incidents_trends as trends
from warehouse.domain import packing, problems, purchasing, receiving, returns_bench, tracking
from warehouse.domain.people import RIGHTS

SERVICES = Path(rules.__file__).parents[1] / "services"
KINDS = sorted(rules.KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_has_an_owner_who_may_handle_it_a_time_a_step_causes_and_stages(name):
    kind = rules.KINDS[name]
    assert kind.stages
    assert kind.stages <= set(rules.STAGES)
    assert set(kind.at) <= kind.stages
    assert kind.outcomes <= set(rules.OUTCOMES) - set(rules.PLAIN)
    assert len(set(kind.causes)) == len(kind.causes) >= 2
    for duty in (kind.duty, *kind.at.values()):
        assert "handle_incident" in RIGHTS[duty.owner]
        assert duty.owner in rules.OWNERS
        assert 1 <= duty.hours <= 72
        assert duty.step in rules.NEXT_STEPS


@pytest.mark.parametrize("stage", rules.STAGES)
def test_something_can_go_wrong_at_each_stage(stage):
    assert len(rules.kinds_at(stage)) >= 3


@pytest.mark.parametrize("group,names", [
    ("kind", KINDS), ("stage", rules.STAGES), ("step", rules.NEXT_STEPS), ("cause", rules.CAUSES),
    ("outcome", rules.OUTCOMES), ("does", (*rules.FOR_COPIES, *(set(rules.FOR_ORDER) - {rules.REFUND})))])
def test_each_name_has_its_word_in_both_languages(group, names):
    for name in names:
        code = f"incidents.{group}_{name}"
        assert i18n.say("en", code) != i18n.say("zh-Hans", code), code
    for by in trends.GROUPS:
        assert i18n.has_sentence(f"incidents_trends.by_{by}")


def reported_in(path):
    """(kind, stage) of each `incidents.report(session, actor, "kind", "stage", …)` of a file, where both are told."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        is_report = (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "report"
                     and isinstance(node.func.value, ast.Name) and node.func.value.id == "incidents")
        if is_report and all(isinstance(each, ast.Constant) for each in node.args[2:4]):
            yield node.args[2].value, node.args[3].value


def test_what_the_code_reports_by_name_is_in_the_table():
    found = [pair for path in sorted(SERVICES.glob("*.py")) for pair in reported_in(path)]
    assert ("call_lead", "pick") in found
    assert [(kind, stage) for kind, stage in found if stage not in rules.KINDS[kind].stages] == []


@pytest.mark.parametrize("names,stage", [
    (purchasing.DISCREPANCIES, rules.RECEIVE), (receiving.BAD_KINDS, rules.RECEIVE), (packing.LOSSES, rules.PACK),
    (("damaged", "missing"), rules.PUT_BACK), (("missing", "damaged"), rules.SHELF),
    (("short", "damaged", "count_difference", "unscannable"), rules.PICK), (("count_difference",), rules.SHELF),
    (returns_bench.INCIDENT_OF.values(), rules.RETURN), (("wrong_item", "over"), rules.RETURN)])
def test_what_the_screens_report_by_a_list_is_in_the_table(names, stage):
    assert set(names) <= set(rules.kinds_at(stage))


def test_what_the_problem_sheet_and_the_carriers_report_is_in_the_table():
    for screen in problems.SCREENS.values():
        assert {tile.kind for tile in screen.tiles if tile.kind} <= set(rules.kinds_at(screen.stage))
    for trouble in (*tracking.TROUBLES.values(), tracking.OVERDUE, tracking.SILENT):
        assert trouble.incident in rules.kinds_at(rules.CARRIER)
        assert not trouble.cause or trouble.cause in rules.causes_of(trouble.incident)


def test_what_asks_for_a_count_is_a_kind():
    assert set(rules.KINDS) >= rules.ASKS_FOR_COUNT


# --- What is offered -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "stage", "lie_in", "ways"), [
    ("damaged", "pick", {"quarantine"}, ("back_to_shelf", "quarantine", "scrap")),
    ("damaged", "pick", {"staging"}, ("quarantine", "scrap")),
    ("damaged", "pick", set(), ("back_to_shelf", "quarantine", "scrap")),
    ("short", "pick", {"lost_found"}, ("found", "lost")), ("short", "receive", set(), ("found",)),
    ("missing", "return", set(), ("found",)), ("wrong_item", "pick", {"lost_found"}, ()),
    ("damaged", "pick", {"scrap"}, ("scrap",)), ("call_lead", "pick", {"lost_found"}, ("found", "lost")),
    ("damaged", "customer", set(), ()), ("damaged", "carrier", set(), ()), ("lost", "carrier", set(), ("found",)),
    ("complaint", "customer", set(), ()), ("question", "customer", {"quarantine"}, ())])
def test_copies_can_only_come_from_where_they_lie(kind, stage, lie_in, ways):
    assert rules.ways_for_copies(kind, stage, lie_in) == ways


def test_of_a_title_that_nobody_knows_no_copies_are_moved():
    assert rules.ways_for_copies("damaged", "dock", (), is_title_known=False) == ()
    assert rules.ways_for_copies("lost", "dock", (), is_title_known=False) == ("found",)


@pytest.mark.parametrize(("kind", "state", "done", "ways"), [
    ("damaged", None, (), ()), ("damaged", "cancelled", (), ()),
    ("damaged", "picked", (), ("hold", "part", "replacement", "cancel_line", "refund")),
    ("damaged", "held", (), ("part", "replacement", "cancel_line", "refund")),
    ("damaged", "dispatched", (), ("replacement", "refund")), ("damaged", "delivered", ("refund",), ("replacement",)),
    ("question", "dispatched", (), ("refund",)), ("unscannable", "picked", (), ())])
def test_an_order_is_offered_what_its_state_allows(kind, state, done, ways):
    assert rules.ways_for_order(kind, state, done) == ways


@pytest.mark.parametrize(("outcome", "also", "flaw"), [
    ("scrap", ["replacement"], None), ("scrap", ["cancel_line", "refund"], None), ("hold", ["refund"], None),
    ("mistake", ["back_to_shelf"], None), ("confirmed", [], None), ("scrap", ["scrap"], None),
    ("nonsense", [], "choose_outcome"), ("confirmed", ["nonsense"], "choose_outcome"),
    ("scrap", ["lost"], "one_place_for_copies"), ("part", ["cancel_line"], "one_way_for_order"),
    ("refund", ["replacement"], "one_way_for_order"), ("mistake", ["refund"], "mistake_changes_nothing")])
def test_a_settlement_is_refused_where_it_contradicts_itself(outcome, also, flaw):
    assert rules.settlement_flaw(outcome, also) == flaw


@pytest.mark.parametrize(("role", "cost", "currency", "may"), [
    ("service", 20_000, "CNY", True), ("service", 20_001, "CNY", False), ("service", 3_000, "USD", True),
    ("operations", 20_001, "CNY", True), ("operations", 1, "XAU", False), ("operations", None, "CNY", False),
    ("service", 0, "XAU", True), ("finance", 1, "CNY", False), ("manager", 10**9, "XAU", True),
    ("manager", None, "", True)])
def test_each_team_decides_up_to_its_limit(role, cost, currency, may):
    assert rules.may_decide(role, cost, currency) is may


@pytest.mark.parametrize(("kind", "other", "stage", "is_booked", "may"), [
    ("damaged", "misprint", "pick", True, True), ("damaged", "short", "pick", True, False),
    ("damaged", "short", "pick", False, True), ("call_lead", "damaged", "pack", False, False),
    ("damaged", "misprint", "pack", True, False), ("wrong_item", "over", "pack", False, True)])
def test_a_kind_becomes_another_only_where_the_books_stay_true(kind, other, stage, is_booked, may):
    assert rules.may_become(kind, other, stage, is_booked=is_booked) is may

"""What people try: more back than was sent, another's order, one number twice, the same money twice. Every door says
no with a sentence, and the books stay as they are."""

import pytest
from sqlalchemy import func, select

from tests import builders
from tests.flows.homecoming import (
    Bench,
    Customer,
    at_once,
    box_of,
    lies,
    refund_of,
    refusal,
    send_out,
)
from warehouse.models.orders import Order
from warehouse.models.returns import CustomerReturn, Refund, ReturnLine

DUNE, EMMA = "9780441172696", "9780141439587"


@pytest.fixture
def items(shop):
    for code in ("T-01", "T-02"):
        builders.a_tote(shop.db, code)
    return [shop.stock("A-01-1", DUNE, "Dune Messiah", 9)[0], shop.stock("B-01-1", EMMA, "Emma", 9)[0]]


@pytest.fixture
def desk(shop):
    return shop.person("manager", "Lin Yue")


@pytest.fixture
def service(shop):
    return shop.person("service", "Su Min")


@pytest.fixture
def hand(shop):
    return shop.person("packer")


@pytest.fixture
def order(shop, items, desk, hand):
    """Two copies of Dune Messiah, 23.00 each, with the customer."""
    made = builders.an_order(shop.db, {items[0]: 2}, total_minor=4600)
    send_out(desk, hand, made.id, "T-01")
    return made


@pytest.fixture
def other(shop, items, desk, hand, order):
    """Somebody else's: one of Emma."""
    made = builders.an_order(shop.db, {items[1]: 1}, total_minor=2300, recipient={"name": "Nora Whitlock"})
    send_out(desk, hand, made.id, "T-02")
    return made


def typed(service, order, *, number="", reason="changed_mind", **fields):
    """A request typed at the desk."""
    return service.post("/returns/new", order=order.number, kind="return", reason=reason, shop_number=number, **fields)


def of_line(line, units):
    return {f"units_{line}": str(units)}


def by_file(service, *rows):
    """The codes of what a file's rows are refused for, in turn."""
    text = "".join(f"{','.join(map(str, row))}\n" for row in (("rma", "order", "isbn13", "quantity", "reason"), *rows))
    report = service.upload("/returns/import", "files", "returns.csv", text.encode())
    return [problem["code"] for problem in report["problems"]]


def asked(shop):
    """Copies that all requests together name."""
    with shop.db.read() as session:
        return session.execute(select(func.coalesce(func.sum(ReturnLine.units), 0))).scalar_one()


def given_back(shop, order):
    """(by the order's row, by its refunds)."""
    with shop.db.read() as session:
        return (session.execute(select(Order.refunded_minor).where(Order.id == order.id)).scalar_one(),
                session.execute(select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
                    Refund.order_id == order.id, Refund.state != "refused")).scalar_one())


def test_more_than_was_sent_is_refused_at_every_door(shop, service, hand, order):
    line, customer = order.line_ids[0], Customer(shop, order)
    assert refusal(typed, service, order, **of_line(line, 3)) == "returns.more_than_shipped"
    assert refusal(typed, service, order, isbn=DUNE, units="3") == "returns.more_than_shipped"
    assert by_file(service, ("R-1", order.source_number, DUNE, 3, "其他")) == ["more_than_shipped"]
    assert refusal(customer.ask_back, {line: 3}) == "returns.more_than_shipped"
    assert asked(shop) == 0
    customer.ask_back({line: 1})
    assert refusal(customer.ask_back, {line: 2}, token="never-made") == "customer.form_is_old"
    assert refusal(customer.ask_back, {line: 2}) == "returns.more_than_shipped"
    assert refusal(typed, service, order, **of_line(line, 2)) == "returns.more_than_shipped"
    assert by_file(service, ("R-2", order.source_number, DUNE, 2, "其他")) == ["more_than_shipped"]
    assert asked(shop) == 1

    # Whatever was asked, the bench takes what was sent, and not one more.
    bench = Bench(hand, box_of(shop, order))
    assert [bench.scan(DUNE)["code"] for _ in "1"] == ["returns_bench.taken"]
    bench.press("#grade:as_new")
    bench.press("#to:restock")
    assert bench.take(DUNE, "as_new", "restock")["has_left"]
    assert bench.scan(DUNE)["code"] == "returns_bench.too_many"
    assert bench.close() == "settled"
    assert lies(shop)[DUNE, "RECEIVING"] == 2
    assert given_back(shop, order) == (4600, 4600)
    assert refusal(typed, service, order, **of_line(line, 1)) == "returns.more_than_shipped"
    assert hand.scan("/returned/scan", order.number)["code"] == "returns_bench.all_came"


def test_the_same_form_sent_twice_is_one_request(shop, order):
    customer = Customer(shop, order)
    token = customer.token()
    for _ in range(2):
        customer.ask_back({order.line_ids[0]: 1}, token=token)
    assert len(customer.page()["returns"]) == 1
    assert asked(shop) == 1


def test_two_requests_at_once_never_name_the_same_copy(shop, service, order):
    line, customers, others = order.line_ids[0], [Customer(shop, order) for _ in "12"], shop.person("service", "Xu Lan")
    tokens = [customer.token() for customer in customers]
    said = at_once(
        lambda: customers[0].ask_back({line: 2}, token=tokens[0]),
        lambda: customers[1].ask_back({line: 2}, token=tokens[1]),
        lambda: typed(service, order, **of_line(line, 2)),
        lambda: typed(others, order, isbn=DUNE, units="2"))
    assert said == ["", *["returns.more_than_shipped"] * 3]
    assert asked(shop) == 2


def test_lines_and_titles_of_another_order_are_refused(shop, service, order, other):
    line = other.line_ids[0]
    assert refusal(typed, service, order, **of_line(line, 1)) == "returns.isbn_not_in_order"
    assert refusal(typed, service, order, isbn=EMMA, units="1") == "returns.isbn_not_in_order"
    assert by_file(service, ("R-1", order.source_number, EMMA, 1, "其他"), ("R-2", "S0", EMMA, 1, "其他"),
                   ("R-3", order.source_number, "9780441172697", 1, "其他")) == [
        "isbn_not_in_order", "unknown_order", "bad_check_digit"]
    assert refusal(Customer(shop, order).ask_back, {line: 1}) == "returns.choose_copies"
    assert asked(shop) == 0


def test_a_link_shows_and_asks_for_its_own_order_alone(shop, order, other):
    mine, theirs = Customer(shop, order), Customer(shop, other)
    assert refusal(mine.ask_back, {order.line_ids[0]: 1}, token=theirs.token()) == "customer.form_is_old"
    assert "Nora" not in str(mine.page())
    mine.path = mine.path[:-1] + ("A" if mine.path[-1] != "A" else "B")
    assert refusal(mine.page) == "customer.no_such_page"
    assert refusal(mine.ask_back, {order.line_ids[0]: 1}, token="x") == "customer.no_such_page"
    assert asked(shop) == 0


def test_one_number_of_the_shop_is_one_return(shop, service, order, other):
    line = order.line_ids[0]
    typed(service, order, number="RMA-7", **of_line(line, 1))
    assert refusal(typed, service, order, number="RMA-7", **of_line(line, 1)) == "returns.duplicate_rma"
    assert refusal(typed, service, other, number=" RMA-7 ", **of_line(other.line_ids[0], 1)) == "returns.duplicate_rma"
    assert by_file(service, ("RMA-7", other.source_number, EMMA, 1, "其他")) == ["duplicate_rma"]
    assert by_file(service, ("RMA-7", order.source_number, DUNE, 2, "其他")) == ["duplicate_rma"]
    assert by_file(service, ("RMA-7", order.source_number, DUNE, 1, "其他")) == [], "told again, it is no news"
    assert asked(shop) == 1
    both = [("RMA-8", order.source_number, DUNE, 1, "其他"), ("RMA-8", other.source_number, EMMA, 1, "其他")]
    assert by_file(service, *both) == ["duplicate_rma"]
    assert asked(shop) == 2


def test_two_who_type_one_number_at_once_make_one_return(shop, service, order):
    others = shop.person("service", "Xu Lan")
    said = at_once(*(lambda who=who: typed(who, order, number="RMA-9", **of_line(order.line_ids[0], 1))
                     for who in (service, others)))
    assert said == ["", "returns.duplicate_rma"]
    assert asked(shop) == 1


def test_what_was_never_sent_does_not_come_back(shop, items, service, hand, desk):
    order = builders.an_order(shop.db, {items[0]: 1}, total_minor=2300)
    shop.release(desk, order, grouping="by_order")
    line = order.line_ids[0]
    assert refusal(typed, service, order, **of_line(line, 1)) == "returns.order_not_shipped_yet"
    assert by_file(service, ("R-1", order.source_number, DUNE, 1, "其他")) == ["order_not_shipped_yet"]
    assert hand.scan("/returned/scan", order.number)["code"] == "returns_bench.not_sent"
    assert asked(shop) == 0


def test_too_late_is_refused_until_a_manager_says_otherwise(shop, clock, service, desk, order):
    clock.forward(days=15)
    for person in (service, desk):
        person.sign_in()
    customer = Customer(shop, order)
    customer.ask_back({order.line_ids[0]: 1})
    (late,) = customer.page()["returns"]
    assert (late["state"], late["why"]) == ("refused", "too_late")
    path = f"/returns/{late['id']}"
    assert refusal(service.post, f"{path}/approve", reason="a friend of mine") == "returns.manager_overrules"
    desk.post(f"{path}/approve", reason="was in hospital")
    assert service.get(path)["page"]["facts"]["state"] == "approved"


def back_as_new(shop, hand, order, units):
    """Copies came and were accepted; their return."""
    customer = Customer(shop, order)
    customer.ask_back({order.line_ids[0]: units})
    bench = Bench(hand, customer.page()["returns"][0]["number"])
    for _ in range(units):
        bench.take(DUNE, "as_new", "restock")
    assert bench.close() == "settled"
    return bench


def complain(service, order):
    """The customer calls; the incident."""
    return service.post(f"/service/order/{order.id}/cases", kind="complaint", words="I want my money")["incident"]


def refunded_by(service, incident, amount):
    return refusal(service.post, f"/incidents/{incident}/settle", outcome="confirmed", order="refund", amount=amount,
                   note="goodwill")


def test_the_same_money_is_given_back_once(shop, service, hand, desk, order):
    back_as_new(shop, hand, order, 1)
    incident, second = complain(service, order), complain(service, order)
    assert refunded_by(service, incident, "23.01") == "refunds.more_than_paid"
    assert refunded_by(service, incident, "20.00") == ""
    assert given_back(shop, order) == (4300, 4300)
    assert refunded_by(service, second, "3.01") == "refunds.more_than_paid"
    assert refunded_by(service, second, "3.00") == ""
    assert given_back(shop, order) == (4600, 4600)
    desk.post(f"/incidents/{incident}/reopen", reason="they call again")
    assert refunded_by(service, incident, "0.01") != ""
    assert given_back(shop, order) == (4600, 4600)


def test_what_was_given_for_a_complaint_is_not_given_again_for_the_return(shop, service, hand, order):
    assert refunded_by(service, complain(service, order), "40.00") == ""
    back_as_new(shop, hand, order, 2)
    assert given_back(shop, order) == (4600, 4600)
    with shop.db.read() as session:
        assert session.execute(select(Refund.amount_minor).where(Refund.return_id.is_not(None))).scalar_one() == 600


def test_two_of_finance_at_once_approve_and_pay_once(shop, hand, order):
    back_as_new(shop, hand, order, 2)
    crew = [shop.person("finance", name) for name in ("Gu Ping", "Tao Ran")]
    path = f"/refunds/{refund_of(crew[0], order)['id']}"
    for verb, fields in (("approve", {}), ("pay", {"reference": "BANK-1"})):
        said = at_once(*(lambda who=who, verb=verb, fields=fields: who.post(f"{path}/{verb}", **fields)
                         for who in crew))
        assert said == ["", "flow.illegal_step"], verb
    assert given_back(shop, order) == (4600, 4600)


def test_two_complaints_at_once_do_not_get_more_than_was_paid(shop, service, order):
    others = shop.person("service", "Xu Lan")
    cases = [(service, complain(service, order)), (others, complain(others, order))]
    said = at_once(*(lambda who=who, case=case: who.post(
        f"/incidents/{case}/settle", outcome="confirmed", order="refund", amount="30.00", note="goodwill")
        for who, case in cases))
    assert said == ["", "refunds.more_than_paid"]
    assert given_back(shop, order) == (3000, 3000)


def test_the_bench_that_is_done_with_a_box_does_not_take_a_second_one(shop, hand, order):
    bench = back_as_new(shop, hand, order, 2)
    assert bench.scan(DUNE)["outcome"] == "refused"
    assert bench.press("#close")["outcome"] == "refused"
    assert hand.scan("/returned/scan", order.number)["code"] == "returns_bench.all_came"
    assert given_back(shop, order) == (4600, 4600)
    with shop.db.read() as session:
        assert session.execute(select(func.count(CustomerReturn.id))).scalar_one() == 1

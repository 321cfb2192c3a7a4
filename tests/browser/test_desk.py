"""Every page that is opened and not walked through: both languages, both ways up, nothing cut, axe clean."""

import pytest

from tests.browser.shop import CROSSED, TOLD, name_of, visit

WORK = {
    "home": "/", "pick-runs": "/pick/", "pack-bench": "/pack/", "ship-list": "/ship/", "dock": "/dock/",
    "put-back-list": "/putback/", "deliveries": "/receive/",
    "transfers": "/transfers/", "replenish": "/transfers/replenish", "count-list": "/count/",
    "purchase-lines": "/purchasing/orders/1/lines",
}
DESK = {
    "find": "/find", "find-title": "/find?q=三体", "find-nothing": "/find?q=qqq", "orders": "/orders/",
    "review": "/orders/review", "order": "/orders/1", "import": "/orders/import", "release": "/waves/",
    "wave": "/waves/1", "board": "/board/", "papers": "/papers/", "papers-badge": "/papers/?kind=badge",
    "people": "/people/", "me": "/me", "totes": "/equipment/", "incidents": "/incidents/", "desk": "/desk",
    "purchases": "/purchasing/", "purchase": "/purchasing/orders/1", "purchase-new": "/purchasing/new",
    "suppliers": "/purchasing/suppliers", "buyer-deliveries": "/purchasing/deliveries",
    "drafts": "/purchasing/drafts", "purchase-import": "/purchasing/import",
    "replenishments": "/transfers/replenishments", "stock-low": "/stock/",
    "stock-turnover": "/stock/?list=turnover", "stock-slow": "/stock/?list=slow", "stock-dead": "/stock/?list=dead",
    "stock-card": "/stock/item/1", "shelf-card": "/stock/location/10", "stocktakes": "/stocktakes/",
    "stocktake-new": "/stocktakes/new?kind=zone", "stocktake-list": "/stocktakes/new?kind=list",
    "accuracy": "/accuracy/", "accuracy-months": "/accuracy/?by=month",
    "customers-must-hear": "/messages/", "on-its-way": "/messages/?shown=on_its_way", "texts": "/messages/templates",
    "text": "/messages/templates/delayed/en", "trends": "/incidents/trends/", "late": "/delays/",
    "working-time": "/delays/shifts", "tracking": "/tracking/", "returns": "/returns/",
    "returns-why": "/returns/figures/", "return-policy": "/returns/policy", "returns-import": "/returns/import",
    "return-new": "/returns/new", "returns-bench": "/returned/", "refunds": "/refunds/", "service": "/service/",
    "service-title": "/service/?q=三体", "service-nothing": "/service/?q=qqq", "pauses": "/pauses/",
}  # fmt: skip
# Told apart by their own colours: charts, plates, states.
DARK = (
    "home", "delivery-begun", "transfers", "count-list", "purchases", "purchase", "buyer-delivery", "stock-low",
    "stock-card", "shelf-card", "stocktakes", "stocktake", "accuracy", "incidents", "incident-lost", "trends", "late",
    "returns-why", "return-settled", "refunds", "time-line", "pauses",
)


def pages(shop):
    """Every page by its name, with one of each thing that is under way."""
    announced, begun = shop.deliveries("announced")[0], shop.deliveries("receiving")[0]
    return {
        **WORK, **DESK, "delivery": f"/receive/{announced}", "delivery-begun": f"/receive/{begun}",
        "buyer-delivery": f"/purchasing/deliveries/{begun}",
        "buyer-delivery-over": f"/purchasing/deliveries/{shop.deliveries('closed')[0]}",
        "stocktake": f"/stocktakes/{shop.stocktakes('counting', 'zone')[0]}", **gone_wrong(shop),
    }


def gone_wrong(shop):
    """What went wrong, came back and was asked, each beside the order that it hangs on."""
    lost, torn = shop.incidents("lost")[0], shop.incidents("damaged", "customer")[0]
    returned = shop.returns("settled")[0]
    told, order = shop.messages("wanted")[0], shop.orders("returned")[0]
    return {
        "incident-lost": f"/incidents/{lost}", "incident-torn": f"/incidents/{torn}",
        "return-settled": f"/returns/{returned}", "return-approved": f"/returns/{shop.returns('approved')[0]}",
        "return-of-order": f"/returns/new?order={shop.order_number(order)}", "message": f"/messages/{told}",
        "messages-of-order": f"/messages/?order={order}", "time-line": f"/service/order/{order}",
        "order-returned": f"/orders/{order}", "customer": f"/o/{shop.customer_link(order)}",
    }


@pytest.mark.parametrize("told", [*TOLD, *CROSSED], ids=name_of)
def test_every_page_of_the_house_is_fit(open_shop, new_tablet, told):
    visitor = visit(open_shop, new_tablet, told)
    visitor.sign_in("manager")
    found = []
    for name, address in pages(open_shop).items():
        answer = visitor.page.goto(open_shop.url + address)
        assert answer.status == 200, address
        # Axe has seen each page in both languages; turned the other way up, only its layout differs.
        found += visitor.faults(f"page-{name}", layout_alone=told in CROSSED)

    assert found == []


def test_the_pages_are_as_fit_at_night(open_shop, new_tablet):
    visitor = visit(open_shop, new_tablet, TOLD[0])
    visitor.sign_in("manager")
    visitor.open("/me")
    visitor.page.locator("[data-setting='theme'][data-value='dark']").click()
    found = []
    for name in DARK:
        visitor.page.goto(open_shop.url + pages(open_shop)[name])
        assert visitor.page.locator("html").get_attribute("data-theme") == "dark"
        found += visitor.faults(f"dark-{name}")

    assert found == []


@pytest.mark.parametrize("told", CROSSED, ids=name_of)
def test_the_first_screen_of_each_job_is_fit_the_other_way_up(open_shop, new_tablet, told):
    visitor = visit(open_shop, new_tablet, told)
    found = visitor.faults("login")
    visitor.sign_in("manager")
    jobs = {
        "pick": f"/pick/{open_shop.runs('planned', 'batch')[0]}",
        "pick-taken": f"/pick/{open_shop.runs('started')[0]}",
        "pack": f"/pack/{open_shop.orders('picked')[0]}",
        "packing": f"/pack/{open_shop.orders('packing')[0]}",
        "ship": f"/ship/{open_shop.parcels('closed')[0]}",
        "ship-labelled": f"/ship/{open_shop.parcels('labelled')[0]}",
        "manifest": "/dock/1",
        "put-back": f"/putback/{open_shop.put_backs()[0]}",
        "parcel": "/receive/parcel/1",
        "count-finished": "/count/2",
    }
    for name, address in jobs.items():
        answer = visitor.page.goto(open_shop.url + address)
        assert answer.status == 200, address
        found += visitor.faults(f"job-{name}")

    assert found == []

"""What the stories of picking, packing and counting begin with."""

import pytest

from tests.builders import a_tote, an_item, stock_at
from tests.counting_builders import Counter, a_count
from tests.packers import at_bench
from tests.returns_bench import at_bench as open_return
from tests.returns_builders import a_sent_order
from warehouse.domain.own_labels import make_label
from warehouse.services import returns


@pytest.fixture
def dune(db):
    return an_item(db, "Dune", isbn="9780441013593", weight_g=500, length_mm=210, width_mm=140, height_mm=30)


@pytest.fixture
def emma(db):
    return an_item(db, "Emma", isbn="9780141439587", weight_g=300, length_mm=198, width_mm=129, height_mm=25)


@pytest.fixture
def tote(db):
    return a_tote(db, "T-01")


@pytest.fixture
def picked(db, actor, picker, packer, dune, emma):
    """Two copies of Dune and one Emma in tote T-01, and who will pack them: (bench, order, tote)."""
    return at_bench(db, actor, picker, packer, {dune: 2, emma: 1})


# --- A shelf under count ---------------------------------------------------------------------------------------------


@pytest.fixture
def walden(db):
    return an_item(db, "Walden", isbn="9780691096124")


@pytest.fixture
def shelf(db, dune, emma):
    """B-07-3 with two copies of Emma and five of Dune."""
    stock_at(db, "B-07-3", emma, units=2)
    return stock_at(db, "B-07-3", dune, units=5)


@pytest.fixture
def task_id(db, actor, shelf):
    """That shelf is to be counted whole."""
    return a_count(db, actor, shelf)[0]


@pytest.fixture
def counter(db, picker, task_id, shelf):
    """The picker, who has scanned the label of B-07-3."""
    counter = Counter(db, picker, task_id)
    assert counter.scan(shelf.label).code == "counting.at_shelf"
    return counter


# --- A return on its bench -------------------------------------------------------------------------------------------


@pytest.fixture
def sent(db, actor, dune, emma):
    """Two copies of Dune and one Emma, with the customer."""
    return a_sent_order(db, actor, {dune: 2, emma: 1})


@pytest.fixture
def asked(db, actor, sent):
    """Both copies of Dune are asked back, and that is approved."""
    return db.write(returns.request, actor, sent.id, "return", "changed_mind", [(sent.line_ids[0], 2, None)],
                    source="desk", shop_number="RMA-7", tracking_number="yt 123 456")


@pytest.fixture
def bench(db, packer, asked):
    return open_return(db, packer, make_label("return", asked))

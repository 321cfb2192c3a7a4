"""Items from files: created, brought up to date, or named as a problem; never one book in the place of another."""

from dataclasses import replace

from sqlalchemy import select

from tests.statements import count_statements
from warehouse.domain.catalog import ItemRecord
from warehouse.domain.own_labels import make_label
from warehouse.models.catalog import Item, ItemCode
from warehouse.services import catalog, drafts

THREE_BODY = ItemRecord(2, "9787536692930", "三体", "9787536692930", authors="刘慈欣", price_minor=2300, currency="CNY",
                        price_text="23.00元", weight_g=340)
DARK_FOREST = ItemRecord(3, "9787536693968", "三体Ⅱ：黑暗森林", "9787536693968", authors="刘慈欣")
SAME_ISBN = "9787108012593"
DEER_AND_CAULDRON = ItemRecord(4, SAME_ISBN, "鹿鼎记（全五册）", SAME_ISBN, volumes=5, packing_class="set")


def merge(db, actor, *records):
    merged = db.write(catalog.merge_items, actor, records)
    return merged.created, merged.updated, merged.unchanged, [problem.code for problem in merged.problems]


def item(db, sku):
    with db.read() as session:
        return session.execute(select(Item.__table__).where(Item.sku == sku)).one()


def codes(db, sku):
    with db.read() as session:
        return set(session.execute(
            select(ItemCode.code).join(Item, Item.id == ItemCode.item_id).where(Item.sku == sku)).scalars())


def test_new_items_are_created_with_every_code_that_a_gun_may_read(db, actor):
    with_upc = replace(DARK_FOREST, other_codes=("0635517047547", "7536693960"))

    assert merge(db, actor, THREE_BODY, with_upc) == (2, 0, 0, [])

    row = item(db, "9787536692930")
    assert (row.title, row.authors, row.price_minor, row.weight_g) == ("三体", "刘慈欣", 2300, 340)
    assert codes(db, "9787536692930") == {"9787536692930", make_label("item", row.id)}
    assert {"9787536693968", "0635517047547", "7536693960"} < codes(db, "9787536693968")


def test_the_same_rows_again_change_nothing(db, actor, clock):
    merge(db, actor, THREE_BODY, DARK_FOREST, DEER_AND_CAULDRON)
    before = item(db, "9787536692930").updated_at
    clock.forward(days=1)

    assert merge(db, actor, THREE_BODY, DARK_FOREST, DEER_AND_CAULDRON) == (0, 0, 3, [])
    assert item(db, "9787536692930").updated_at == before


def test_other_details_bring_the_item_up_to_date(db, actor):
    merge(db, actor, THREE_BODY)

    assert merge(db, actor, replace(THREE_BODY, weight_g=360, publisher="重庆出版社")) == (0, 1, 0, [])

    row = item(db, "9787536692930")
    assert (row.weight_g, row.publisher, row.price_minor) == (360, "重庆出版社", 2300)


def test_what_a_file_leaves_empty_stays_as_it_was(db, actor):
    merge(db, actor, DEER_AND_CAULDRON, THREE_BODY)
    bare = [ItemRecord(2, SAME_ISBN, "鹿鼎记（全五册）", SAME_ISBN), ItemRecord(3, "9787536692930", "三体", "9787536692930")]

    assert merge(db, actor, *bare) == (0, 0, 2, [])

    assert (item(db, SAME_ISBN).volumes, item(db, SAME_ISBN).packing_class) == (5, "set")
    assert item(db, "9787536692930").weight_g == 340


def test_one_isbn_with_another_title_is_rejected_and_both_titles_are_named(db, actor):
    merge(db, actor, THREE_BODY)

    merged = db.write(catalog.merge_items, actor, [replace(THREE_BODY, row=7, title="球状闪电")])

    [problem] = merged.problems
    assert (problem.row, problem.code) == (7, "same_isbn_other_title")
    assert (problem.facts["first_title"], problem.facts["title"]) == ("三体", "球状闪电")
    assert item(db, "9787536692930").title == "三体"


def test_the_conflict_is_seen_inside_one_chunk_too(db, actor):
    assert merge(db, actor, THREE_BODY, replace(THREE_BODY, title="球状闪电")) == (1, 0, 0, ["same_isbn_other_title"])


def test_a_title_in_other_case_width_or_entities_is_the_same_title(db, actor):
    merge(db, actor, replace(THREE_BODY, title='I"s Ｖol. 2 & 3'))

    assert merge(db, actor, replace(THREE_BODY, title="i&#34;s vol.  2 &amp; 3")) == (0, 0, 1, [])
    assert item(db, "9787536692930").title == 'I"s Ｖol. 2 & 3'


def test_a_row_with_its_own_sku_is_a_second_item_under_the_isbn(db, actor):
    merge(db, actor, DEER_AND_CAULDRON)
    second_volume = replace(DEER_AND_CAULDRON, sku="LDJ-2", title="鹿鼎记 第二册", volumes=1, packing_class="plain")

    assert merge(db, actor, second_volume) == (1, 0, 0, [])
    assert merge(db, actor, DEER_AND_CAULDRON, second_volume) == (0, 0, 2, [])

    with db.read() as session:
        sharing = session.execute(select(ItemCode.item_id).where(ItemCode.code == SAME_ISBN)).all()
    assert len(sharing) == 2


def test_a_row_without_sku_finds_the_item_that_has_its_isbn_and_title(db, actor):
    merge(db, actor, replace(THREE_BODY, sku="SF-001"))

    assert merge(db, actor, replace(THREE_BODY, weight_g=355)) == (0, 1, 0, [])
    assert merge(db, actor, replace(THREE_BODY, title="球状闪电")) == (0, 0, 0, ["same_isbn_other_title"])
    assert item(db, "SF-001").weight_g == 355


def test_an_sku_may_get_a_better_title_and_another_code(db, actor):
    merge(db, actor, replace(THREE_BODY, sku="SF-001"))

    better = replace(THREE_BODY, sku="SF-001", title="三体（典藏版）", other_codes=("7536692935",))
    assert merge(db, actor, better) == (0, 1, 0, [])
    assert merge(db, actor, better) == (0, 0, 1, [])

    assert item(db, "SF-001").title == "三体（典藏版）"
    assert "7536692935" in codes(db, "SF-001")


def test_a_code_that_is_new_to_a_known_item_counts_as_news(db, actor):
    merge(db, actor, THREE_BODY)

    assert merge(db, actor, replace(THREE_BODY, other_codes=("7536692935",))) == (0, 1, 0, [])
    assert "7536692935" in codes(db, "9787536692930")


def test_five_hundred_rows_take_as_few_statements_as_ten(db, actor):
    def books(count, first):
        return [ItemRecord(row, f"N-{row}", f"Book {row}", authors="Li Wei") for row in range(first, first + count)]

    with count_statements(db) as for_ten:
        merge(db, actor, *books(10, 2))
    with count_statements(db) as for_many:
        merge(db, actor, *books(500, 100))

    assert len(for_many) == len(for_ten) <= 5


def test_a_draft_of_goods_in_takes_the_catalogues_title_and_is_listed(db, actor):
    draft_id = db.write(drafts.make_draft, actor, "9787536692930", "书名待补 · title wanted")

    assert merge(db, actor, THREE_BODY) == (0, 1, 0, [])

    now = item(db, "9787536692930")
    assert (now.id, now.title, now.authors, now.listing) == (draft_id, "三体", "刘慈欣", "listed")
    assert merge(db, actor, THREE_BODY) == (0, 0, 1, [])
    # From now on another title is another book.
    assert merge(db, actor, replace(THREE_BODY, title="球状闪电"))[3] == ["same_isbn_other_title"]

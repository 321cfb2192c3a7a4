"""Which shelf is suggested for copies that came in: one rule after the other."""

from warehouse.domain.putaway import Candidate, Stands, goes_near, suggest

DUNE = {"title": "Dune", "isbn13": "9780441013593"}
MESSIAH = {"title": "Dune Messiah", "isbn13": "9780441172696"}
EMMA = {"title": "Emma", "isbn13": "9780141439587"}


def a_candidate(code, sequence=10, **more):
    aisle, bay, shelf = code.split("-")
    return Candidate(sequence, code, aisle, bay, shelf, sequence, **more)


def said(candidates, around=(), *, units=1, near=True, book=DUNE):
    return [(one.shelf.code, one.reason) for one in suggest(book, units, candidates, around, near=near)]


def test_the_fixed_shelf_comes_before_the_same_title_and_that_before_free_space():
    shelves = [a_candidate("A-01-1", 10), a_candidate("B-01-1", 20, load=4, of_title=4),
               a_candidate("C-01-1", 30, is_home=True)]

    assert said(shelves) == [("C-01-1", "home"), ("B-01-1", "same"), ("A-01-1", "empty_near")]


def test_a_shelf_without_room_for_all_is_not_suggested():
    home = a_candidate("C-01-1", 30, is_home=True, load=8, of_title=8, home_most=10)
    same = a_candidate("B-01-1", 20, load=9, of_title=1, most_units=10)

    assert said([home, same], units=1) == [("C-01-1", "home"), ("B-01-1", "same")]
    assert said([home, same], units=2) == [("C-01-1", "home")]
    assert said([home, same], units=3) == []


def test_fast_movers_stand_near_the_start_of_the_walk_and_slow_ones_far():
    shelves = [a_candidate("A-01-1", 10), a_candidate("B-01-1", 20), a_candidate("C-01-1", 30)]

    assert said(shelves, near=True)[0] == ("A-01-1", "empty_near")
    assert said(shelves, near=False)[0] == ("C-01-1", "empty_far")
    assert (goes_near(10), goes_near(9), goes_near(None)) == (True, False, True)


def test_no_shelf_with_a_look_alike_on_it_nor_one_beside_it():
    shelves = [a_candidate(f"A-01-{shelf}", shelf * 10) for shelf in (8, 9, 10, 11, 12)]
    around = [Stands("A", "01", str(shelf), (MESSIAH,) if shelf == 10 else (EMMA,)) for shelf in (8, 9, 10, 11, 12)]

    assert said(shelves, around) == [("A-01-8", "empty_near"), ("A-01-12", "empty_near")]
    assert said([a_candidate("A-02-10")], around) == [("A-02-10", "empty_near")]


def test_a_fixed_shelf_is_suggested_whatever_stands_beside_it():
    around = [Stands("A", "01", "1", (MESSIAH,)), Stands("A", "01", "2", ())]

    assert said([a_candidate("A-01-2", is_home=True)], around) == [("A-01-2", "home")]
    assert said([a_candidate("A-01-2", of_title=2, load=2)], around) == []


def test_reserve_comes_last_unless_the_pick_face_is_full():
    reserve, free = a_candidate("R-01-1", 10, is_reserve=True), a_candidate("A-01-1", 20)
    home = a_candidate("B-01-1", 5, is_home=True, of_title=9, load=9, home_most=9)

    assert said([reserve, free]) == [("A-01-1", "empty_near"), ("R-01-1", "empty_near")]
    assert said([reserve, free, home]) == [("R-01-1", "empty_near"), ("A-01-1", "empty_near")]

"""Personal data: sealed to its place, found without being shown, masked as the post asks; keys kept by their owner."""

import json

import pytest

from warehouse import vault as rules
from warehouse.errors import SetUpProblem

RECIPIENT = {"name": "张三丰", "phone": "13812342091", "street": "文三路桂花弄 18 号 2 幢 301 室"}


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "home" / "keys.json"
    rules.make_key_file(path)
    return path


def test_a_phone_in_a_remark_is_masked_and_other_numbers_are_not():
    assert rules.mask_remark("请打 138 0000 2091，要 3 本 1984") == "请打 138******91，要 3 本 1984"


def test_what_is_sealed_opens_again_and_is_not_readable_between(vault):
    sealed = vault.seal(RECIPIENT, "order:1")

    assert vault.unseal(sealed, "order:1") == RECIPIENT
    assert "张三丰".encode() not in sealed
    assert vault.seal(RECIPIENT, "order:1") != sealed


def test_a_sealed_text_does_not_open_at_another_place(vault):
    with pytest.raises(SetUpProblem, match="moved"):
        vault.unseal(vault.seal(RECIPIENT, "order:1"), "order:2")


def test_a_changed_byte_and_another_key_are_refused(vault):
    sealed = bytearray(vault.seal(RECIPIENT, "order:1"))
    sealed[-1] ^= 1

    with pytest.raises(SetUpProblem, match="does not open"):
        vault.unseal(bytes(sealed), "order:1")
    with pytest.raises(SetUpProblem, match="key 7"):
        vault.unseal(bytes([7, *sealed[1:]]), "order:1")


def test_the_phone_index_meets_with_and_without_country_code_and_tells_nothing(vault):
    assert vault.phone_index("+86 138-1234-2091") == vault.phone_index("13812342091")
    assert vault.phone_index("13812342091") != vault.phone_index("13812342092")
    assert "2091" not in (vault.phone_index("13812342091") or "")
    assert vault.phone_index("n/a") is None


def test_the_keys_are_never_printed(vault):
    assert "sealing_key" not in repr(vault)
    assert "ssss" not in repr(vault)


def test_a_new_key_file_is_its_owners_alone_and_opens(key_file):
    assert key_file.stat().st_mode & 0o777 == 0o600

    opened = rules.open_vault(key_file)

    assert len({opened.sealing_key, opened.index_key, opened.pin_pepper, opened.cookie_key}) == 4


def test_a_key_file_is_never_replaced(key_file):
    before = key_file.read_bytes()

    with pytest.raises(SetUpProblem, match="exists already"):
        rules.make_key_file(key_file)

    assert key_file.read_bytes() == before


def test_a_missing_key_file_names_the_command(tmp_path):
    with pytest.raises(SetUpProblem, match="init"):
        rules.open_vault(tmp_path / "keys.json")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_that_others_may_read_is_refused(key_file, mode):
    key_file.chmod(mode)

    with pytest.raises(SetUpProblem, match="chmod 600"):
        rules.open_vault(key_file)


@pytest.mark.parametrize("content", ["", "not json", '{"sealing_key": "zz"}', '{"sealing_key": "00"}', "[]"])
def test_a_broken_key_file_is_refused_with_a_way_out(key_file, content):
    key_file.write_text(content)

    with pytest.raises(SetUpProblem, match="backup"):
        rules.open_vault(key_file)


def test_keys_of_the_wrong_length_are_refused(key_file):
    short = dict.fromkeys(json.loads(key_file.read_text()), "00")
    key_file.write_text(json.dumps(short))

    with pytest.raises(SetUpProblem, match="backup"):
        rules.open_vault(key_file)


@pytest.mark.parametrize(("name", "masked"), [
    ("张三丰", "张**"), ("Jane Smith", "J*** S****"), ("X", "*"), ("欧阳娜娜", "欧***"), ("", ""),
])
def test_of_a_name_the_first_character_of_each_word_stays(name, masked):
    assert rules.mask_name(name) == masked


@pytest.mark.parametrize(("phone", "masked"), [
    ("13812342091", "138******91"), ("+1 202-555-0134", "120******34"), ("12345", "*****"), ("ext. ABC", "********"),
])
def test_of_a_phone_at_least_six_digits_are_hidden_where_there_are_that_many(phone, masked):
    assert rules.mask_phone(phone) == masked


@pytest.mark.parametrize(("street", "masked"), [
    ("文三路桂花弄 18 号 2 幢 301 室", "文三路桂花弄 ** 号 * 幢 *** 室"),
    ("12 Dock Road, Flat 3B", "** Dock Road, Flat **"),
    ("地铁2号线旁 5楼", "地铁2号线旁 *楼"),
])
def test_of_a_street_the_numbers_of_house_and_room_are_hidden(street, masked):
    assert rules.mask_street(street) == masked


def test_the_name_index_meets_whatever_case_width_and_blanks_and_tells_nothing(vault):
    assert vault.name_index("Jane  Smith ") == vault.name_index("ＪＡＮＥ smith")
    assert vault.name_index("张三丰") == vault.name_index("张 三丰")
    assert vault.name_index("张三丰") != vault.name_index("张三")
    assert vault.name_index("13812342091") != vault.phone_index("13812342091")
    assert vault.name_index("  ") is None

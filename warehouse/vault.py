"""Personal data: sealed at rest, masked on sight (SEC-1). Knows keys and bytes, no tables and no people.

A sealed text is one key-id byte, a 12-byte nonce and AES-256-GCM over JSON. The place it belongs to is
bound in as associated data, so that a sealed address copied to another order does not open.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from warehouse.errors import SetUpProblem

KEY_ID = 1
NONCE_BYTES = 12
KEY_BYTES = 32


@dataclass(frozen=True, repr=False)
class Vault:
    """The keys of one warehouse. Never printed, never in a log."""

    sealing_key: bytes
    index_key: bytes
    pin_pepper: bytes
    cookie_key: bytes

    def seal(self, value: dict[str, Any], place: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        plain = json.dumps(value, ensure_ascii=False).encode()
        return bytes([KEY_ID]) + nonce + AESGCM(self.sealing_key).encrypt(nonce, plain, place.encode())

    def unseal(self, sealed: bytes, place: str) -> dict[str, Any]:
        """Refuses (as a fault) what another key or another place has sealed."""
        if sealed[0] != KEY_ID:
            raise SetUpProblem(f"Personal data was sealed with key {sealed[0]}, which this key file does not hold.")
        nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            opened: dict[str, Any] = json.loads(AESGCM(self.sealing_key).decrypt(nonce, rest, place.encode()))
        except InvalidTag as wrong:
            raise SetUpProblem("Personal data does not open: wrong key file, or the data was moved.") from wrong
        return opened

    def phone_index(self, phone: str) -> str | None:
        """A blind index: the same phone gives the same text, the text gives no phone. None for no digits."""
        digits = re.sub(r"\D", "", phone)
        if len(digits) < 5:
            return None
        # The last ten digits, so that +86 138… and 138… meet.
        return hmac.new(self.index_key, digits[-10:].encode(), hashlib.sha256).hexdigest()[:32]

    def name_index(self, name: str) -> str | None:
        """A blind index of a whole name, whatever its case, width and blanks. None for no name."""
        plain = "".join(unicodedata.normalize("NFKC", name).casefold().split())
        if not plain:
            return None
        return hmac.new(self.index_key, b"name:" + plain.encode(), hashlib.sha256).hexdigest()[:32]

    def pepper(self, pin: str) -> str:
        """What argon2 gets instead of the PIN: six digits alone would be guessed from a stolen hash."""
        return hmac.new(self.pin_pepper, pin.encode(), hashlib.sha256).hexdigest()


def make_key_file(path: Path) -> None:
    """A new key file, readable by its owner alone. Refuses to replace one: that would lose every address."""
    if path.exists():
        raise SetUpProblem(f"{path} exists already. Replacing it would make all sealed addresses unreadable.")
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("sealing_key", "index_key", "pin_pepper", "cookie_key")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({name: secrets.token_hex(KEY_BYTES) for name in names}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def open_vault(path: Path) -> Vault:
    """The keys in `path`; refused if the file is missing or others than its owner may read it."""
    if not path.exists():
        raise SetUpProblem(f"No key file at {path}. Run `python3 run.py init` first, or restore it from your backup.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SetUpProblem(f"{path} can be read by others. Run: chmod 600 {path}")
    try:
        keys = {name: bytes.fromhex(text) for name, text in json.loads(path.read_text()).items()}
        if any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError("a key is too short or too long")
        return Vault(**keys)
    except (ValueError, TypeError, AttributeError) as broken:
        raise SetUpProblem(f"{path} is not a key file of this program. Restore it from your backup.") from broken


def mask_name(name: str) -> str:
    """张** for 张三丰, J*** S**** for Jane Smith: the first character of each word stays (GB/T 41833)."""
    words = name.split()
    return " ".join(word[0] + "*" * min(len(word) - 1, 4) if len(word) > 1 else "*" for word in words)


def mask_phone(phone: str) -> str:
    """138******91: at least six digits hidden where there are that many; letters hidden wholly (GB/T 41833)."""
    digits = re.sub(r"\D", "", phone)
    if len(digits) < 7:
        return "*" * len(phone)
    ends = 3 if len(digits) >= 11 else 1
    tail = min(4, len(digits) - ends - 6) if len(digits) - ends > 6 else 0
    return digits[:ends] + "*" * (len(digits) - ends - tail) + (digits[-tail:] if tail else "")


def mask_part(name: str, text: str) -> str:
    """One part of a recipient as a screen shows it before it is opened; district, city and postcode stay."""
    masks = {"name": mask_name, "company": mask_name, "phone": mask_phone, "street": mask_street}
    return masks[name](text) if name in masks else text


def mask_remark(text: str) -> str:
    """A buyer's or the shop's words with the numbers in them masked: "call 138…" is a phone all the same."""
    return re.sub(r"\d(?:[ -]?\d){6,}", lambda found: mask_phone(found.group(0)), text)


ROOM = re.compile(r"(\d+|[A-Za-z]\d*)(?=\s*(号楼|幢|栋|单元|室|房|号(?!线)|楼|层))")


def mask_street(street: str) -> str:
    """House, unit and room numbers hidden; the road stays, so that a lost parcel still finds its district."""
    masked = ROOM.sub(lambda found: "*" * len(found.group(0)), street)
    # Western form: the house number leads, a flat follows a comma.
    return re.sub(r"(?<![^\s,])\d+[A-Za-z]?(?=[\s,]|$)", lambda found: "*" * len(found.group(0)), masked)

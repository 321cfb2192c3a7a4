"""Settings: where the data lives and the few figures of a shop. Read once, at start."""

import os
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path

from warehouse.errors import SetUpProblem


@dataclass(frozen=True)
class Config:
    """Figures come from `warehouse.toml` in the data folder where it exists, else from here."""

    home: Path
    database_url: str
    shop_name: str = "Shelfmark Books"
    shop_name_zh: str = "书页书店"
    sender_address: str = "Shelfmark Warehouse 2, 12 Dock Road"
    sender_address_zh: str = "书页仓库 2 号仓，码头路 12 号"
    time_zone: str = "Asia/Shanghai"
    idle_minutes: int = 20
    weight_tolerance_percent: int = 5
    weight_tolerance_g: int = 30
    cart_slots: int = 6
    night_hour: int = 2
    count_shelves_a_day: int = 60
    confirm_minutes: int = 120
    # Letters to customers; without a host they are told by phone. Where customers' pages are: https://books.example
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_tls: str = "starttls"
    smtp_user: str = ""
    smtp_password_file: str = ""
    smtp_ca_file: str = ""
    mail_from: str = ""
    mail_reply_to: str = ""
    public_url: str = ""
    is_https: bool = False
    # The address of the proxy before us, whose word on who asks is taken (X-Forwarded-For); empty: nobody's.
    trusted_proxy: str = ""
    has_pooler: bool = False
    is_demo: bool = False

    @property
    def key_file(self) -> Path:
        return self.home / "keys.json"

    @property
    def paper_folder(self) -> Path:
        return self.home / "papers"

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def default_home() -> Path:
    """`WAREHOUSE_HOME`, else `shelfmark-warehouse` in the user's data folder."""
    if home := os.environ.get("WAREHOUSE_HOME"):
        return Path(home).expanduser().resolve()
    data_folder = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data_folder) / "shelfmark-warehouse"


def load_config(home: Path | None = None, **changes: object) -> Config:
    """The settings of one data folder. `WAREHOUSE_DATABASE_URL` or `DATABASE_URL` chooses PostgreSQL."""
    home = home or default_home()
    url = os.environ.get("WAREHOUSE_DATABASE_URL") or os.environ.get("DATABASE_URL") or ""
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    config = Config(home=home, database_url=url or f"sqlite:///{home / 'warehouse.db'}")
    settings = home / "warehouse.toml"
    if settings.exists():
        given = tomllib.loads(settings.read_text(encoding="utf-8"))
        if unknown := set(given) - {field.name for field in fields(Config)}:
            raise SetUpProblem(f"{settings}: unknown setting {', '.join(sorted(unknown))}. Remove or correct it.")
        config = replace(config, **given)
    return replace(config, **changes)  # type: ignore[arg-type]

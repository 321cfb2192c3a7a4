"""The carriers every warehouse starts with, which of them takes an order, and until when it must be ready
(ORD-4)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class CarrierPlan:
    """`cut_off` is the local hour at which the truck leaves, `lane` where its parcels are gathered.
    `tracking_pattern` fits the whole tracking number; empty where every service of it has another form."""

    code: str
    name_en: str
    name_zh: str
    cut_off: str
    lane: str
    tracking_pattern: str = ""


CARRIERS = (
    CarrierPlan("SF", "SF Express", "顺丰速运", "19:00", "1", r"SF\d{13}|\d{12}"),
    CarrierPlan("YTO", "YTO Express", "圆通速递", "18:00", "2", r"YT\d{13}"),
    CarrierPlan("EMS", "China Post EMS", "中国邮政", "17:00", "3", r"E[A-Z]\d{9}CN|(1[0-2]|9\d)\d{11}"),
    CarrierPlan("RM", "Royal Mail", "英国皇家邮政", "16:30", "4", r"[A-Z]{2}\d{9}GB"),
    CarrierPlan("INTL", "International", "国际快递", "16:00", "5"),
)
_NAMED = (
    ("顺丰", "SF"),
    ("sf express", "SF"),
    ("圆通", "YTO"),
    ("yto", "YTO"),
    ("ems", "EMS"),
    ("royal mail", "RM"),
)
_HOME = {"GB": "RM", "CN": "YTO"}


def choose_carrier(service: str, country: str) -> str:
    """The carrier that the service text names, where it serves that country; else the country's usual one."""
    home = _HOME.get(country, "INTL")
    for word, code in _NAMED:
        if word in service.lower() and (code == home or (country == "CN" and code != "RM")):
            return code
    return home


def due_at(placed_at: datetime, cut_off: str, time_zone: str) -> datetime:
    """The carrier's cut-off of the day of placing, or of the next day where that had passed."""
    local = placed_at.astimezone(ZoneInfo(time_zone))
    leaves = datetime.combine(local.date(), time.fromisoformat(cut_off), ZoneInfo(time_zone))
    if local > leaves:
        leaves += timedelta(days=1)
    return leaves.astimezone(placed_at.tzinfo)

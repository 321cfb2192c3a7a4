"""The carriers every warehouse starts with, and which of them takes an order. Their clocks: `domain/clocks`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CarrierPlan:
    """`cut_off` is the local hour at which the truck leaves, `lane` where its parcels are gathered.
    `tracking_pattern` fits the whole tracking number; empty where every service of it has another form. Within
    `first_event_hours` it tells that it has a parcel, 0 where it tells nothing; within `transit_days` it delivers."""

    code: str
    name_en: str
    name_zh: str
    cut_off: str
    lane: str
    tracking_pattern: str = ""
    transit_days: int = 4
    first_event_hours: int = 24


CARRIERS = (
    CarrierPlan("SF", "SF Express", "顺丰速运", "19:00", "1", r"SF\d{13}|\d{12}", 2),
    CarrierPlan("YTO", "YTO Express", "圆通速递", "18:00", "2", r"YT\d{13}", 3),
    CarrierPlan("EMS", "China Post EMS", "中国邮政", "17:00", "3", r"E[A-Z]\d{9}CN|(1[0-2]|9\d)\d{11}"),
    CarrierPlan("RM", "Royal Mail", "英国皇家邮政", "16:30", "4", r"[A-Z]{2}\d{9}GB", 3),
    CarrierPlan("INTL", "International", "国际快递", "16:00", "5", transit_days=12, first_event_hours=48),
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

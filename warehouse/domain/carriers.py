"""Who carries parcels away, and the cartons on the rack: what a new warehouse starts with."""

from typing import NamedTuple


class FirstCarrier(NamedTuple):
    """`cut_off` is the local hour at which the truck leaves, `lane` where its parcels are gathered.
    `tracking_pattern` fits the whole tracking number; empty where every service of it has another form."""

    code: str
    name_en: str
    name_zh: str
    cut_off: str
    lane: str
    tracking_pattern: str


CARRIERS = (
    FirstCarrier("SF", "SF Express", "顺丰速运", "19:00", "1", r"SF\d{13}|\d{12}"),
    FirstCarrier("YTO", "YTO Express", "圆通速递", "18:00", "2", r"YT\d{13}"),
    FirstCarrier("EMS", "China Post EMS", "中国邮政", "17:00", "3", r"E[A-Z]\d{9}CN|(1[0-2]|9\d)\d{11}"),
    FirstCarrier("RM", "Royal Mail", "英国皇家邮政", "16:30", "4", r"[A-Z]{2}\d{9}GB"),
    FirstCarrier("INTL", "International", "国际快递", "16:00", "5", ""),
)


class FirstCarton(NamedTuple):
    """Inner sizes, and what it weighs empty."""

    code: str
    length_mm: int
    width_mm: int
    height_mm: int
    tare_g: int


# One paperback, two or three, a set, a small and a big box.
CARTONS = (
    FirstCarton("BAG-1", 260, 180, 30, 18),
    FirstCarton("MAILER-1", 250, 190, 60, 60),
    FirstCarton("MAILER-2", 310, 230, 90, 110),
    FirstCarton("BOX-1", 330, 240, 150, 210),
    FirstCarton("BOX-2", 400, 300, 250, 380),
)

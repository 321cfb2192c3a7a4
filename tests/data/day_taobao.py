"""The Taobao orders of the small day, typed by hand, and the pair of files the platform would export."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from day_books import BY_ISBN, UNKNOWN_ISBN
from day_orders import (
    ALIVE,
    BLOOD,
    BORDER,
    CLASS_OF_KIND,
    FALLEN,
    GOLDEN,
    MING,
    MOON,
    ORWELL,
    PRINCE,
    RAZOR,
    SAHARA,
    SNOW,
)

LIST_HEADER = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,"
    "买家实际支付积分,订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,"
    "宝贝标题 ,宝贝种类 ,物流单号 ,物流公司,订单备注,宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,"
    "发票抬头,是否手机订单,分阶段订单信息,特权订金订单id,是否上传合同照片,是否上传小票,是否代付,定金排名,修改后的sku,"
    "修改后的收货地址,异常信息,天猫卡券抵扣,集分宝抵扣,是否是O2O交易,退款金额,预约门店"
).split(",")
DETAIL_HEADER = "订单编号,标题,价格,购买数量,外部系统编号,商品属性,套餐信息,备注,订单状态,商家编码".split(",")
PAID, SENT = "买家已付款，等待卖家发货", "卖家已发货，等待买家确认"
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass
class Piece:
    """One row of the item file. `opened` is what one piece stands for: ISBN -> copies."""

    code: str
    quantity: int
    opened: dict = field(default_factory=dict)
    price: str = ""

    def __post_init__(self):
        self.opened = self.opened or {self.code: 1}

    @property
    def title(self):
        books = [BY_ISBN[isbn13] for isbn13 in self.opened if isbn13 in BY_ISBN]
        if not books:
            return "【正版】（目录外图书）"
        text = "【正版】" + " + ".join(f"{book.title} {book.authors}" for book in books)
        if len(books) > 1:
            return f"【套装{len(books)}册】{text}"
        return f"【2本装】{text}" if sum(self.opened.values()) > 1 else text

    @property
    def price_text(self):
        known = [Decimal(BY_ISBN[isbn13].price_cny) * n for isbn13,
                 n in self.opened.items() if isbn13 in BY_ISBN]
        return self.price or f"{sum(known, Decimal(0)) or Decimal(20):.2f}"

    def copies(self):
        return self.quantity * sum(self.opened.values())


@dataclass
class Parcel:
    """One order of the list file; `changed` is the address which overrules `address`."""

    serial: int
    at: str
    name: str
    address: str
    pieces: list
    kind: str = "clean"
    detail: str = ""
    phone: str = ""
    status: str = PAID
    remark: str = ""
    changed: str = ""
    tracking: str = ""
    in_list: bool = True
    in_details: bool = True
    times: int = 1

    @property
    def number(self):
        return f"32000200{self.serial:04d}000{self.serial:03d}"

    @property
    def cls(self):
        return CLASS_OF_KIND[self.kind]

    @property
    def recipient(self):
        return self.changed.split("，")[0] if self.changed else self.name

    @property
    def district(self):
        where = (self.changed.split("，")[2] if self.changed else self.address).split(" ")
        return where[2] if len(where) > 2 else ""

    def pieces_written(self):
        return sum(piece.quantity for piece in self.pieces)

    def copies(self):
        return sum(piece.copies() for piece in self.pieces)


PARCELS = [
    Parcel(1, "08:02:15", "顾文澜", "浙江省 绍兴市 越城区 书圣街道桂影路 12 号 3 幢 402 室(312000)",
           [Piece(ALIVE, 1), Piece(BLOOD, 1)]),
    Parcel(2, "08:13:40", "薛青禾", "湖南省 株洲市 天元区 泰山街道书香里 8 号(412007)", [Piece(SNOW, 0), Piece(MOON, 2)],
           kind="quantity_zero", detail="quantity 0", remark="麻烦发顺丰"),
    Parcel(3, "08:25:09", "唐小满", "四川省 绵阳市 涪城区 临园街道学府巷 30 号(621000)", [Piece(BORDER, 1)],
           kind="phone_with_letters", detail="phone in Chinese words", phone="一九九零零零零"),
    Parcel(4, "08:37:51", "贺知远", "河北省 保定市 莲池区 裕华街道文昌路 51 号(071000)", [Piece(PRINCE, 2)],
           kind="no_detail_rows", detail="order has no row in the detail file", in_details=False),
    Parcel(5, "08:49:30", "邱雨生", "江苏省 无锡市 梁溪区 清名桥街道河沿 6 号(214000)", [Piece(GOLDEN, 1)],
           kind="not_paid", detail="等待买家付款", status="等待买家付款"),
    Parcel(6, "09:01:12", "吴**", "陕西省 咸阳市 秦都区 人民***(712000)", [Piece(FALLEN, 1), Piece(SAHARA, 1)],
           kind="masked_address", detail="name, phone and street masked by the platform",
           phone="199****0206"),
    Parcel(7, "09:12:27", "丁书仪", "山东省 烟台市 芝罘区 向阳街道海岸里 19 号(264000)", [Piece(MING, 1)],
           kind="already_fulfilled", detail="already shipped", status=SENT, tracking="No:YT7700000000207"),
    Parcel(8, "09:24:58", "许南星", "湖北省 宜昌市 西陵区 云集街道解放里 27 号(443000)", [Piece(RAZOR, 1), Piece(MOON, 1)],
           kind="changed_address", detail="changed address stands in 修改后的收货地址: ship there",
           changed="许北辰，19900002088，湖北省 襄阳市 樊城区 米公街道松鹤路 5 号(441000)"),
    Parcel(9, "09:36:41", "曹𫚕堽", "安徽省 芜湖市 镜湖区 赭山街道九华巷 14 号(241000)", [Piece(ALIVE, 2)],
           kind="rare_characters_in_name", detail="曹𫚕堽"),
    Parcel(10, "09:48:20", "龙晓岸", "云南省 大理白族自治州 大理市 古城镇月牙路 3 号(671000)", [Piece(SAHARA, 1)],
           kind="closed", detail="交易关闭", status="交易关闭"),
    Parcel(11, "10:00:03", "梅朵", "青海省 西宁市 城西区 古城台街道雪莲巷 9 号(810000)",
           [Piece(PRINCE, 1), Piece(UNKNOWN_ISBN, 1)], kind="unknown_isbn", detail=UNKNOWN_ISBN),
    Parcel(12, "10:11:35", "金海棠", "辽宁省 鞍山市 其它区 园林路 22 号(000000)", [Piece(SNOW, 1)],
           kind="vague_district", detail="district 其它区, postcode 000000"),
    Parcel(13, "10:23:16", "纪明河", "福建省 泉州市 鲤城区 开元街道涂门里 45 号(362000)", [Piece(ORWELL, 1, price="-28.00")],
           kind="negative_price", detail="negative price"),
    Parcel(14, "10:35:54", "袁小舟", "", [Piece(BORDER, 1)], kind="missing_address", detail="收货地址 empty"),
    Parcel(15, "10:47:07", "程若谷", "广东省 佛山市 禅城区 祖庙街道书院巷 2 号(528000)",
           [Piece(f"{GOLDEN}+{FALLEN}", 1, {GOLDEN: 1, FALLEN: 1}), Piece(RAZOR, 1)],
           kind="bundle_two_titles", detail=f"{GOLDEN}+{FALLEN} = one copy of each per piece"),
    Parcel(16, "10:58:49", "姜白", "重庆市 重庆市 渝中区 七星岗街道石板坡 17 号(400010)", [Piece(ORWELL, 1)],
           kind="detail_without_order", detail="detail rows without an order row", in_list=False),
    Parcel(17, "11:10:22", "严朝歌", "河南省 洛阳市 涧西区 天津路街道桂园 8 号(471000)", [Piece("9787532125945", 1)],
           kind="bad_isbn_check_digit", detail="9787532125945"),
    Parcel(18, "11:22:38", "俞听雪", "江西省 九江市 浔阳区 甘棠街道湖滨路 10 号(332000)",
           [Piece(f"{PRINCE}*2", 2, {PRINCE: 2})], kind="bundle_times_two",
           detail=f"{PRINCE}*2 = two copies per piece",
           remark="请包好一点，送人的🎁"),
    Parcel(19, "11:34:11", "陶然", "吉林省 延边朝鲜族自治州 延吉市 新兴街道光明路 33 号(133000)",
           [Piece(MING.translate(FULL_WIDTH), 1, {MING: 1})], kind="isbn_other_notation",
           detail="full-width digits"),
    Parcel(20, "11:46:45", "骆一苇", "北京市 北京市 朝阳区 双井街道百子里 60 号(100022)",
           [Piece(BLOOD, 1), Piece(SAHARA, 2)], times=2, remark="不要放菜鸟驿站！"),
]


def list_row(parcel):
    goods = sum((Decimal(piece.price_text) * piece.quantity for piece in parcel.pieces), Decimal(0))
    stamp = f"2026-03-04 {parcel.at}"
    paid = parcel.status != "等待买家付款"
    values = dict.fromkeys(LIST_HEADER, "") | {
        "订单编号": f'="{parcel.number}"', "买家会员名": f"tb88{parcel.serial:05d}", "买家应付货款": f"{goods:.2f}",
        "买家应付邮费": "6.00", "买家支付积分": "0", "总金额": f"{goods + 6:.2f}", "返点积分": "0",
        "买家实际支付金额": f"{goods + 6:.2f}" if paid else "0.00", "买家实际支付积分": "0", "订单状态": parcel.status,
        "买家留言": parcel.remark, "收货人姓名": parcel.name, "收货地址 ": parcel.address, "运送方式": "快递",
        "联系手机": "'" + (parcel.phone or f"1990000{2000 + parcel.serial}"), "订单创建时间": stamp,
        "订单付款时间 ": stamp if paid else "", "宝贝标题 ": "，".join(piece.title for piece in parcel.pieces),
        "宝贝种类 ": str(len(parcel.pieces)), "物流单号 ": parcel.tracking,
        "物流公司": "圆通速递" if parcel.tracking else "", "宝贝总数量": str(parcel.pieces_written()), "店铺Id": "0",
        "店铺名称": "示例书店", "订单关闭原因": "买家不想要了" if parcel.kind == "closed" else "订单未关闭",
        "卖家服务费": "0", "买家服务费": "0元", "是否手机订单": "手机订单" if parcel.serial % 2 else "",
        "特权订金订单id": '=""', "是否上传合同照片": "否", "是否上传小票": "否", "是否代付": "否",
        "修改后的收货地址": parcel.changed, "退款金额": "0.00",
    }
    return list(values.values())


def detail_rows(parcel):
    for piece in parcel.pieces:
        yield [f'="{parcel.number}"', piece.title, piece.price_text, str(piece.quantity), piece.code, "", "",
               "",
               parcel.status, piece.code]


def quoted(values):
    """A row as the platform writes it: everything in quotes, but ="…" as it is."""
    return ",".join(value if re.fullmatch(r'="\d*"', value) else '"' + value.replace('"', '""') + '"'
                    for value in values)


def export_pair():
    """The order file and the item file: GB18030, CRLF, newest first; item rows end in a comma."""
    newest = [parcel for parcel in reversed(PARCELS) for _ in range(parcel.times)]
    orders = [quoted(LIST_HEADER)] + [quoted(list_row(parcel)) for parcel in newest if parcel.in_list]
    details = [quoted(DETAIL_HEADER)]
    details += [quoted(row) + "," for parcel in newest if parcel.in_details for row in detail_rows(parcel)]
    return tuple("".join(row + "\r\n" for row in rows).encode("gb18030") for rows in (orders, details))

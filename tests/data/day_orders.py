"""Web orders of the small day, typed by hand: what was meant, and the trouble put into the file."""

from dataclasses import dataclass, field
from decimal import Decimal

from day_books import BY_ISBN, UNKNOWN_ISBN

CLASS_OF_KIND = {
    "clean": "pick", "total_mismatch": "warn", "phone_with_letters": "warn", "bad_postcode": "warn",
    "formula_text": "text", "markup_text": "text", "isbn_other_notation": "normalise",
    "missing_address": "hold", "unknown_isbn": "hold", "duplicate_changed": "conflict",
    "not_paid": "no_pick", "cancelled": "no_pick", "already_fulfilled": "no_pick", "refunded": "no_pick",
    "partly_fulfilled": "part_pick", "empty_sku": "catch", "quantity_not_a_whole_number": "catch",
    "price_not_a_number": "catch", "negative_price": "catch", "isbn_lost_in_spreadsheet": "catch",
    "quantity_zero": "catch", "quantity_negative": "catch", "bad_isbn_check_digit": "catch",
    "impossible_date": "catch",
    # Taobao alone
    "masked_address": "hold", "no_detail_rows": "hold", "changed_address": "pick",
    "rare_characters_in_name": "pick",
    "closed": "no_pick", "vague_district": "warn", "bundle_two_titles": "pick", "bundle_times_two": "pick",
    "detail_without_order": "catch",
}
SERVICES = {"POST": ("Postage", "3.95"), "C2": ("Carriage", "5.00")}


@dataclass
class Line:
    """`isbn13` and `quantity` are meant; `sku`, `quantity_text`, `price` are what stands in the file."""

    isbn13: str
    quantity: int
    sku: str | None = None  # an empty text is an empty SKU
    quantity_text: str = ""
    price: str = ""
    shipped: bool = False

    def __post_init__(self):
        self.sku = self.isbn13 if self.sku is None else self.sku
        self.quantity_text = self.quantity_text or str(self.quantity)

    @property
    def service(self):
        return self.isbn13 in SERVICES

    @property
    def title(self):
        if self.service:
            return SERVICES[self.isbn13][0]
        book = BY_ISBN.get(self.isbn13)
        return book.title if book else "(title not in catalogue)"

    @property
    def price_text(self):
        if self.price:
            return self.price
        if self.service:
            return SERVICES[self.isbn13][1]
        return BY_ISBN[self.isbn13].price_gbp if self.isbn13 in BY_ISBN else "9.99"

    def amount(self):
        try:
            price = Decimal(self.price_text)
        except ArithmeticError:
            price = Decimal(BY_ISBN[self.isbn13].price_gbp)
        return price * self.quantity

    def units(self):
        """Copies as the file writes them; what is no whole number counts as none."""
        return int(self.quantity_text) if self.quantity_text.lstrip("-").isdigit() else 0


@dataclass
class Order:
    number: int
    at: str
    name: str
    street: str
    city: str
    zip: str
    lines: list
    kind: str = "clean"
    detail: str = ""
    country: str = "GB"
    phone: str = ""
    note: str = ""
    company: str = ""
    shipping: str = "2.99"
    paid: str = "paid"
    fulfilment: str = "unfulfilled"
    total_off_by: str = "0.00"
    day: str = "2026-03-04"
    discount: str = "0.00"
    repeat: str = ""  # "exact" or "changed": the block stands in the file twice
    split: bool = False  # the continuation rows stand further down
    rows: list = field(default_factory=list)

    @property
    def label(self):
        return f"#{self.number}"

    @property
    def cls(self):
        return CLASS_OF_KIND[self.kind]

    def goods(self):
        return [line for line in self.lines if not line.service]

    def subtotal(self):
        return sum((line.amount() for line in self.lines), Decimal(0)) - Decimal(self.discount)

    def total(self):
        return self.subtotal() + Decimal(self.shipping)


def goods(*pairs):
    return [Line(isbn13, quantity) for isbn13, quantity in pairs]


CHAMBER, AZKABAN, GOBLET, HALLOWS = "9780439420891", "9780747546290", "9780439139601", "9780545010221"
WIMPY, MESSIAH, CHILDREN, FLIES = "9780810993136", "9780441172696", "9780441104024", "9780140283334"
RYE, CRIME, WILD, DA_VINCI = "9780316769174", "9780140449136", "9780099408390", "9780307474278"
ORWELL, RAZOR, MOON, SNOW = "9787530210291", "9787532741922", "9787533936020", "9787020035847"
PRINCE, BORDER, BLOOD, ALIVE = "9787505715660", "9787537823425", "9787020046157", "9787532125944"
GOLDEN, FALLEN, MING, SAHARA = "9787561327470", "9787536023918", "9787101054491", "9787806398791"

ORDERS = [
    Order(9001, "08:04:11", "Nora Whitlock", "3 Cooper's Row", "Bristol", "BS1 9QA", goods((FLIES, 1))),
    Order(9002, "08:09:52", "Idris Fenn", "18 Harbour Walk", "Swansea", "SA1 9QB", goods((RYE, 2), (ALIVE,
                                                                                                    1))),
    Order(9003, "08:15:30", "Lena Ostrow", "44 Tanner Street", "Leeds", "LS1 9QX",
          [Line(WILD, 1), Line(PRINCE, 2, sku=""), Line(WIMPY, 1)],
          kind="empty_sku", detail="empty SKU on a line that needs shipping"),
    Order(9004, "08:31:07", "Marcus Dale", "7 Ferry Lane", "Hull", "HU1 9QD", goods((CRIME, 1)),
          kind="not_paid", detail="financial status pending", paid="pending"),
    Order(9005, "08:44:19", "Yusuf Karim", "Flat 3, 90 Albion Road", "Bradford", "BD1 9QE",
          [Line(MOON, 1, sku="7533936027"), Line(HALLOWS, 1)],
          kind="isbn_other_notation", detail=f"isbn10: '7533936027' stands for {MOON}"),
    Order(9006, "08:58:40", "Greta Holm", "12 Mill Rise", "Derby", "DE1 9QF",
          [Line(CHAMBER, 2, sku="0-439-42089-X")],
          kind="isbn_other_notation",
          detail=f"isbn10 with X and hyphens: '0-439-42089-X' stands for {CHAMBER}"),
    Order(9007, "09:10:05", "Piotr Zielinski", "61 Station Parade", "Luton", "LU1 9QG",
          [Line(ORWELL, 1, sku="９７８７５３０２１０２９１"), Line("POST", 1)],
          kind="isbn_other_notation", detail=f"full_width: '９７８７５３０２１０２９１' stands for {ORWELL}"),
    Order(9008, "09:21:33", "Ailsa Munro", "5 Ness Terrace", "Inverness", "IV1 9QH",
          [Line(AZKABAN, 1, sku="978-0-7475-4629-0"), Line(GOBLET, 1)],
          kind="isbn_other_notation", detail=f"hyphens: '978-0-7475-4629-0' stands for {AZKABAN}"),
    Order(9009, "09:30:12", "Dewi Parry", "2 Slate Yard", "Bangor", "LL57 9QJ",
          [Line(SNOW, 3, sku="  9787020035847 "), Line(BORDER, 1, sku="978\u00a07537823425")],
          kind="isbn_other_notation", detail=f"spaces and nbsp: '  9787020035847 ' stands for {SNOW}"),
    Order(9010, "09:41:48", "Hattie Brooks", "29 Linden Grove", "Reading", "RG1 9QX", goods((FLIES, 1),
                                                                                            (SAHARA, 1)),
          kind="total_mismatch", detail="Total 21.35 but lines and shipping add up to 14.35",
          total_off_by="7.00"),
    Order(9011, "09:55:26", "Owen Talbot", "8 Priory Close", "Durham", "DH1 9QL", goods((WIMPY, 2)),
          kind="phone_with_letters", detail="ask at desk", phone="ask at desk"),
    Order(9012, "10:06:14", "Carmen Ruiz", "77 Bridge Street", "Chester", "CH1 9QX",
          [Line(DA_VINCI, 1), Line(RYE, 1, quantity_text="1.5")],
          kind="quantity_not_a_whole_number", detail="quantity '1.5'"),
    Order(9013, "10:17:59", "Felix Baum", "15 Weavers Court", "Norwich", "NR1 9QN", goods((MESSIAH, 1),
                                                                                          (GOLDEN, 1)),
          kind="duplicate_changed", detail="second block says quantity 2 on the first line, first block 1",
          repeat="changed"),
    Order(9014, "10:29:31", "Ruby Lancaster", "33 Chapel Hill", "Lincoln", "ZZ99 9ZZ9", goods((BLOOD, 1)),
          kind="bad_postcode", detail="postcode 'ZZ99 9ZZ9'"),
    Order(9015, "10:40:22", "Theo Marsh", "6 Quarry Bank", "Telford", "TF1 9QP",
          [Line(WILD, 1), Line(FALLEN, 1, price="1,65")],
          kind="price_not_a_number", detail="price '1,65'"),
    Order(9016, "10:52:03", "Sana Malik", "101 Crescent Road", "Luton", "LU2 9QR", goods((CRIME, 1), (MING,
                                                                                                      1)),
          kind="cancelled", detail="cancelled", paid="voided"),
    Order(9017, "11:03:47", "Jonas Weir", "9 Lockside", "Leeds", "LS2 9QS", goods((CHAMBER, 1)),
          kind="already_fulfilled", detail="already shipped", fulfilment="fulfilled"),
    Order(9018, "11:14:35", "Mabel Stone", "", "", "", goods((ALIVE, 1), (ORWELL, 1)),
          kind="missing_address", detail="street, city and postcode empty"),
    Order(9019, "11:25:10", "Kofi Mensah", "52 Garden Row", "Slough", "SL1 9QT", goods((HALLOWS, 1)),
          kind="refunded", detail="refunded in full", paid="refunded"),
    Order(9020, "11:37:28", "Bronwen Ellis", "4 Castle Mews", "Cardiff", "CF10 9QU",
          [Line(DA_VINCI, 1, price="-8.99")], kind="negative_price", detail="line price -8.99"),
    Order(9021, "11:48:55", "Stefan Novak", "23 Orchard Way", "Oxford", "OX1 9QX",
          [Line(PRINCE, 1), Line(FLIES, 1, sku="9.78014E+12")],
          kind="isbn_lost_in_spreadsheet", detail="9.78014E+12"),
    Order(9022, "12:01:16", "Imogen Frost", "16 Beacon Lane", "Exeter", "EX1 9QW",
          [Line(SAHARA, 0), Line(RYE, 1)], kind="quantity_zero", detail="quantity 0"),
    Order(9023, "12:12:39", "Tariq Aziz", "88 Canal Street", "Derby", "DE2 9QX",
          [Line(MOON, 1, sku="9787533936021")], kind="bad_isbn_check_digit", detail="9787533936021"),
    Order(9024, "12:24:02", "Edith Nash", "11 Rectory Gardens", "Ely", "CB7 9QY",
          [Line(AZKABAN, 1, shipped=True), Line(GOBLET, 1), Line(BORDER, 2)],
          kind="partly_fulfilled", detail="1 of 3 lines already shipped", fulfilment="partial"),
    Order(9025, "12:35:44", "Liam Corcoran", "3 Abbey Steps", "Whitby", "YO21 9QZ", goods((GOLDEN, 1)),
          kind="formula_text", detail="note starts with '='",
          note='=HYPERLINK("http://example.invalid","click")'),
    Order(9026, "12:47:21", "Agnes Byrd", "40 Sluice Road", "Boston", "PE21 9RA",
          [Line(BLOOD, 1), Line(UNKNOWN_ISBN, 1)], kind="unknown_isbn", detail=UNKNOWN_ISBN),
    Order(9027, "12:59:08", "Rhys Morgan", "27 Colliery View", "Neath", "SA11 9RB", goods((MING, 1)),
          kind="impossible_date", detail="date 30 February", day="2026-02-30"),
    Order(9028, "13:10:50", "Nadia Petrov", "65 Elm Park", "Ilford", "IG1 9RX",
          [Line(WIMPY, 2), Line(SNOW, -1)], kind="quantity_negative", detail="quantity -1"),
    Order(9029, "13:22:17", "Clara Finch", "19 Minster Yard", "York", "YO1 9RD", goods((FALLEN, 1)),
          kind="markup_text", detail="markup in company and note", company="<script>alert(1)</script>",
          note='"><img src=x onerror=alert(1)>'),
    Order(9030, "13:34:36", "Jürgen Schäfer", "Lindenstraße 12", "Berlin", "10969",
          goods((CRIME, 1), (HALLOWS, 1), ("POST", 1)), country="DE", shipping="9.95",
          phone="+49 30 23125 112",
          note="Deliver to rear entrance\nRing bell twice"),
    Order(9031, "13:45:59", "Siobhán O'Neill", "14 Quay View", "Galway", "H91 X9R2",
          goods((RAZOR, 1), (CHILDREN, 1)), country="IE", shipping="9.95", phone="+353 20 915 1131"),
    Order(9032, "13:57:13", "Harriet Vane", "36 Museum Street", "London", "WC1A 9RF",
          goods((MESSIAH, 1), (CHILDREN, 1), (MESSIAH, 1)), note="Gift - no invoice in the box please"),
    Order(9033, "14:08:42", "Ben Adeyemi", "Unit 5, The Old Forge", "Stroud", "GL5 9RG", goods((DA_VINCI, 1)),
          repeat="exact", company='Forge & Quill, "Books"'),
    Order(9034, "14:20:05", "Wendy Cho", "70 Pagoda Gardens", "Manchester", "M1 9RH",
          goods((RAZOR, 1), (MOON, 1), (SNOW, 1), (PRINCE, 1)), split=True, note="包装请结实一点，谢谢"),
    Order(9035, "14:31:54", "Arthur Pell", "9 Windmill Hill", "Lewes", "BN7 9RJ",
          goods((CHAMBER, 1), (AZKABAN, 1), (GOBLET, 1), (HALLOWS, 1), (WILD, 1)), discount="5.29"),
    Order(9036, "14:43:20", "Freya Dunn", "1 Saltmarsh Lane", "Rye", "TN31 9RX", [Line(FLIES, 4,
                                                                                       price="0.00")]),
]

"""The names that columns of catalogue, stock and layout files have in the wild, by the field they fill.

Written as `tables.plain_header` leaves them: small letters, half-width, no blanks or underscores. A field
with a unit in its name takes the number in that unit.
"""


def _named(**fields: str) -> dict[str, str]:
    return {header: name for name, headers in fields.items() for header in headers.split()}


ITEM_COLUMNS = _named(
    isbn13="isbn13 ean13isbn isbn-13 isbn(13) isbn13位 国际标准书号",
    isbn="isbn rawisbn isbn号 isbn码 isbn编号 书号 isbn/条码",
    isbn10="isbn10 isbn(10)",
    sku="sku 货号 商品编码 商家编码 商品货号 物料编码 编码 productcode itemcode itemno stockcode skucode",
    codes="barcode 条码 条形码 商品条码 ean upc gtin alsoisbn othercodes 其他条码",
    title="title 书名 名称 商品名称 品名 图书名称 题名 name booktitle producttitle productname",
    other_title="originaltitle",
    subtitle="subtitle 副标题 副书名 副题名 titleen",
    authors="authors author 作者 著者 作译者 著译者 编著者 责任者",
    publisher="publisher 出版社 出版单位 出版者 出版商",
    published="pubdate pubyear published publicationdate publicationyear originalpublicationyear 出版年 出版日期 "
    "出版时间 出版年月",
    language="language languagecode lang 语言 语种",
    pages="pages pagecount numpages 页数 页码",
    binding="binding format 装帧 装订 封装",
    edition="edition 版次 版本 版",
    volume="volume 卷次 卷 册次 分册",
    volumes="volumes 册数 卷数 套册数",
    description="description 简介 内容简介 描述 note 备注 说明",
    price="price priceraw 定价 价格 售价 单价 码洋 rrp 标价 价格(元) 定价(元)",
    list_price="listprice",
    currency="currency 币种 货币",
    weight_g="weightg weightgest weight(g) 重量g 重量(g) 重量(克) 毛重(克) 毛重(g) weightgrams grams",
    weight_kg="weightkg weight(kg) 重量(kg) 重量(千克) 重量(公斤) 毛重(kg) 毛重(千克)",
    weight="weight 重量 毛重 净重",
    length_mm="lengthmm length(mm) 长(mm) 长度(mm) 长(毫米)",
    width_mm="widthmm width(mm) 宽(mm) 宽度(mm) 宽(毫米)",
    height_mm="heightmm height(mm) 高(mm) 高度(mm) 厚(mm) 厚度(mm) 高(毫米) 厚(毫米) thicknessmm",
    length_cm="lengthcm length(cm) 长(cm) 长度(cm) 长(厘米)",
    width_cm="widthcm width(cm) 宽(cm) 宽度(cm) 宽(厘米)",
    height_cm="heightcm height(cm) 高(cm) 高度(cm) 厚(cm) 厚度(cm) 高(厘米) 厚(厘米)",
    packing="packingclass packing 包装类别 包装类型 包装",
    labelled="基本信息",
)

STOCK_COLUMNS = _named(
    location="location 库位 货位 储位 货架 仓位 库位号 货位号 库位编码 货位编码 shelf bin",
    isbn13="isbn13 isbn isbn-13 书号 isbn号",
    sku="sku 货号 商品编码 商家编码 barcode 条码 条形码 code item",
    quantity="quantity qty 数量 库存 库存数量 在库数量 units onhand counted 实盘数量",
    condition="condition 品相 状态 成色 库存状态",
)

LAYOUT_COLUMNS = _named(
    code="location code locationcode 库位 货位 储位 仓位 库位号 货位号 库位编码 货位编码 bin",
    kind="kind type 类型 库位类型 货位类型",
    aisle="aisle 巷道 通道 排",
    bay="bay rack 列 货架 架",
    shelf="shelf level 层 层号",
    zone="zone 库区 区 区域 分区",
    sequence="sequence seq 顺序 拣货顺序 路径顺序 walkorder",
    x_mm="xmm x x(mm)",
    y_mm="ymm y y(mm)",
    max_units="maxunits capacity 容量 最大数量",
    reserve="reserve isreserve bulk 备货 是否备货 备货区 储备 是否储备",
)

HOME_COLUMNS = _named(
    location="location 库位 货位 固定货位 拣货位 储位 仓位 库位号 货位号 库位编码 货位编码 shelf bin home pickface",
    isbn13="isbn13 isbn isbn-13 书号 isbn号",
    sku="sku 货号 商品编码 商家编码 barcode 条码 条形码 code item",
    min_units="min minunits least minimum 下限 最小 最小数量 最低库存 安全库存",
    max_units="max maxunits most maximum 上限 最大 最大数量 最高库存 容量",
)

PACKING_WORDS = {
    "plain": "plain", "normal": "plain", "普通": "plain", "平装": "plain", "一般": "plain",
    "hardcover": "hardcover", "hardback": "hardcover", "精装": "hardcover",
    "fragile": "fragile", "易碎": "fragile", "易碎品": "fragile",
    "set": "set", "boxset": "set", "套装": "set", "套书": "set", "盒装": "set",
}  # fmt: skip

CONDITIONS = {
    "": "good", "good": "good", "new": "good", "良好": "good", "完好": "good", "正品": "good", "正常": "good",
    "好": "good",
    "合格": "good", "全新": "good",
    "damaged": "damaged", "残次": "damaged", "残品": "damaged", "次品": "damaged", "破损": "damaged", "损坏": "damaged",
    "不合格": "damaged",
}  # fmt: skip

YES_NO = {
    "yes": True, "y": True, "1": True, "true": True, "是": True, "备货": True, "储备": True,
    "no": False, "n": False, "0": False, "false": False, "否": False,
}  # fmt: skip

# What stands before the colon in one-cell book records: `作者: …  出版社: …`.
LABELLED_FIELDS = {
    "作者": "authors", "出版社": "publisher", "出版年": "published", "页数": "pages", "定价": "price", "装帧": "binding",
    "ISBN": "isbn", "副标题": "subtitle", "原作名": "", "译者": "", "丛书": "", "出品方": "", "统一书号": "isbn",
}  # fmt: skip

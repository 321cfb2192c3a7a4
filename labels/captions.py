"""The printed words, in English and Simplified Chinese. Screens have their own in the program."""

from datetime import date

CAPTIONS: dict[str, dict[str, str]] = {
    "aisle": {"en": "Aisle", "zh-Hans": "巷道"},
    "announced": {"en": "Announced", "zh-Hans": "应到"},
    "bay": {"en": "Bay", "zh-Hans": "货架"},
    "came": {"en": "Arrived", "zh-Hans": "实到"},
    "cart": {"en": "Cart", "zh-Hans": "拣货车"},
    "cod": {"en": "Collect on delivery", "zh-Hans": "代收货款"},
    "copies": {"en": "Copies", "zh-Hans": "册数"},
    "copies_in_parcel": {"en": "{units} copies in this parcel", "zh-Hans": "本件共 {units} 册"},
    "copy_in_parcel": {"en": "1 copy in this parcel", "zh-Hans": "本件共 1 册"},
    "counted_on": {"en": "Counted", "zh-Hans": "收货完成"},
    "date": {"en": "Date", "zh-Hans": "日期"},
    "delivery": {"en": "Delivery", "zh-Hans": "到货单"},
    "difference": {"en": "Difference", "zh-Hans": "差异"},
    "discrepancy_report": {"en": "Discrepancy report", "zh-Hans": "到货差异报告"},
    "dispatch_note": {"en": "Dispatch note", "zh-Hans": "发货单"},
    "driver_signature": {"en": "Driver: name, signature, time", "zh-Hans": "司机签名 / 时间"},
    "from": {"en": "From", "zh-Hans": "寄"},
    "gift_for_you": {"en": "A gift for you", "zh-Hans": "送给您的礼物"},
    "here": {"en": "Packed", "zh-Hans": "本件"},
    "isbn": {"en": "ISBN / SKU", "zh-Hans": "ISBN / 货号"},
    "item": {"en": "Title", "zh-Hans": "书名"},
    "manifest": {"en": "Hand-over manifest", "zh-Hans": "交接清单"},
    "no_discrepancy": {"en": "Everything came as announced.", "zh-Hans": "与到货通知一致，没有差异。"},
    "notice": {"en": "Delivery notice", "zh-Hans": "到货通知"},
    "order": {"en": "Order", "zh-Hans": "订单"},
    "ordered": {"en": "Ordered", "zh-Hans": "订购"},
    "packed_by": {"en": "Packed by", "zh-Hans": "打包员"},
    "packing_slip": {"en": "Packing slip", "zh-Hans": "装箱单"},
    "page": {"en": "Page {page} of {pages}", "zh-Hans": "第 {page} / {pages} 页"},
    "parcel": {"en": "Parcel", "zh-Hans": "包裹"},
    "parcel_number": {"en": "Parcel {number}", "zh-Hans": "第 {number} 件"},
    "parcel_of": {"en": "Parcel {number} of {count}", "zh-Hans": "第 {number} / {count} 件"},
    "parcel_total": {"en": "1 parcel · {weight}", "zh-Hans": "共 1 件 · {weight}"},
    "parcels": {"en": "Parcels", "zh-Hans": "包件"},
    "parcels_total": {"en": "{count} parcels · {weight}", "zh-Hans": "共 {count} 件 · {weight}"},
    "photos": {"en": "Photos", "zh-Hans": "照片"},
    "photos_on_request": {"en": "Photos are kept here and sent on request.", "zh-Hans": "照片随到货单保存，可提供。"},
    "pin": {"en": "PIN", "zh-Hans": "PIN"},
    "postcode_area": {"en": "Post area", "zh-Hans": "邮编区"},
    "price": {"en": "Price", "zh-Hans": "单价"},
    "purchase_order": {"en": "Purchase order", "zh-Hans": "采购单"},
    "receiver_signature": {"en": "Received: name, signature, date", "zh-Hans": "收货人签名 / 日期"},
    "remarks": {"en": "Remarks", "zh-Hans": "备注"},
    "row": {"en": "No.", "zh-Hans": "序号"},
    "sender": {"en": "Sender", "zh-Hans": "发货方"},
    "shelf": {"en": "Shelf", "zh-Hans": "层"},
    "shipping_label": {"en": "Shipping label", "zh-Hans": "快递面单"},
    "supplier": {"en": "Supplier", "zh-Hans": "供应商"},
    "supplier_signature": {"en": "Supplier: name, signature, date", "zh-Hans": "供应商签名 / 日期"},
    "tags": {"en": "Labels", "zh-Hans": "标签"},
    "to": {"en": "To", "zh-Hans": "收"},
    "total": {"en": "Total", "zh-Hans": "合计"},
    "tote": {"en": "Tote", "zh-Hans": "周转箱"},
    "warehouse": {"en": "Warehouse", "zh-Hans": "仓库"},
    "warehouse_signature": {"en": "Warehouse: name, signature, time", "zh-Hans": "仓库签名 / 时间"},
    "weight": {"en": "Weight", "zh-Hans": "重量"},
    "what_was_wrong": {"en": "What was wrong", "zh-Hans": "问题"},
}

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def caption(lang: str, code: str, **facts: object) -> str:
    """The words for `code` in "en" or "zh-Hans". An unknown code or language is a fault."""
    return CAPTIONS[code][lang].format(**facts)


def day(lang: str, on: date) -> str:
    """A date as people write it: 4 Mar 2026, 2026年3月4日."""
    if lang == "zh-Hans":
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def parcel(lang: str, number: int, count: int) -> str:
    """Which parcel of how many; a count of 0 means that it is not yet known."""
    if count:
        return caption(lang, "parcel_of", number=number, count=count)
    return caption(lang, "parcel_number", number=number)


def kilograms(weight_g: int) -> str:
    """Grams written as kilograms: 1510 is 1.51 kg. Rounded up to 10 g, so that a parcel never weighs 0.00."""
    hundredths = -(-weight_g // 10)
    return f"{hundredths // 100}.{hundredths % 100:02d} kg"

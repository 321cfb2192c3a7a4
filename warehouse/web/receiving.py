"""Goods in: deliveries at the door, their parcels counted by scan, pictures of bad copies (REC-2)."""

from typing import Any

from flask import Blueprint, Response, redirect, url_for

from warehouse.domain.incidents import CUSTOMER
from warehouse.domain.receiving import CANCELLED, Difference, differences
from warehouse.errors import NotFound
from warehouse.queries import receiving as queries
from warehouse.services import photos, receiving, receiving_deliveries
from warehouse.services.receiving_look import DeliveryNow, draw, lines_of, look, look_delivery
from warehouse.web.access import rule
from warehouse.web.http import (
    actor,
    answer_json,
    answer_scan,
    picture_from_request,
    read,
    respond,
    scan_from_request,
    text_from_request,
    wants_json,
    whole_from_request,
    write,
)

bp = Blueprint("receiving", __name__, url_prefix="/receive")

DAY_S = 24 * 3600


@bp.get("/")
@rule("receive")
def listing() -> Response:
    with read() as session:
        shown = {"deliveries": queries.list_deliveries(session), "origins": queries.list_origins(session)}
    return respond("receiving/listing.html", shown if wants_json() else {"task": shown})


@bp.post("/new")
@rule("receive")
def open_delivery() -> Response:
    """`of` is "order:4" or "supplier:2"; JSON may say `order` or `supplier`."""
    kind, _, number = text_from_request("of", most=40).partition(":")
    given = {kind: int(number)} if number.isdecimal() and len(number) < 10 else {}
    delivery_id = write(
        receiving_deliveries.open_delivery, supplier_id=given.get("supplier", whole_from_request("supplier")),
        purchase_order_id=given.get("order", whole_from_request("order")))
    return _go("receiving.delivery", delivery_id=delivery_id)


@bp.get("/<int:delivery_id>")
@rule("receive")
def delivery(delivery_id: int) -> Response:
    with read() as session:
        head = queries.find_delivery(session, delivery_id)
        if head is None:
            raise NotFound("receiving.no_such_delivery")
        now = look_delivery(session, delivery_id)
        found = _differences(session, now)
    shown: dict[str, Any] = {"delivery": head, "is_blind": now.is_blind, "differences": found}
    return respond("receiving/delivery.html", shown if wants_json() else {"task": shown})


def _differences(session: Any, now: DeliveryNow) -> list[Difference] | None:
    """What differs, for whom it may be shown: who counts blind learns no number. Of what did not come nothing is."""
    if now.state == CANCELLED or (now.is_blind and not actor().may("purchase")):
        return None
    return differences(list(lines_of(session, now).values()), has_papers=now.has_papers)


@bp.post("/<int:delivery_id>/parcel")
@rule("receive")
def open_parcel(delivery_id: int) -> Response:
    return _go("receiving.parcel", parcel_id=write(receiving_deliveries.open_parcel, delivery_id))


@bp.post("/<int:delivery_id>/close")
@rule("receive")
def close(delivery_id: int) -> Response:
    write(receiving_deliveries.close_delivery, delivery_id, is_confirmed=bool(text_from_request("confirm", most=5)))
    if wants_json():
        with read() as session:
            return answer_json({"closed": delivery_id, "state": look_delivery(session, delivery_id).state})
    return _go("receiving.delivery", delivery_id=delivery_id)


@bp.post("/<int:delivery_id>/cancel")
@rule("purchase")
def cancel(delivery_id: int) -> Response:
    write(receiving_deliveries.cancel_delivery, delivery_id)
    return _go("receiving.delivery", delivery_id=delivery_id)


@bp.get("/parcel/<int:parcel_id>")
@rule("receive")
def parcel(parcel_id: int) -> Response:
    return respond("receiving/parcel.html", {"task": _task(parcel_id)})


@bp.post("/parcel/<int:parcel_id>/scan")
@rule("receive")
def scan(parcel_id: int) -> Response:
    return answer_scan(write(receiving.scan, parcel_id, scan_from_request()), "receiving/_parcel.html")


@bp.post("/incident/<int:incident_id>/photo")
@rule("receive")
def photo(incident_id: int) -> Response:
    """A picture for an incident; with `parcel` its screen comes back, with the picture in it."""
    picture = picture_from_request()
    photo_id = write(photos.keep_photo, incident_id, picture.jpeg, picture.width, picture.height)
    parcel_id = whole_from_request("parcel")
    if wants_json() or parcel_id is None:
        return answer_json({"photo": photo_id, "width": picture.width, "height": picture.height}, 201)
    return respond("receiving/parcel.html", {"task": _task(parcel_id)})


@bp.get("/photo/<int:photo_id>.jpg")
@rule("receive", "purchase", "settle_incident", "see_board")
def photo_file(photo_id: int) -> Response:
    """What a customer sent may show their address or their home: desks see it, and no tablet keeps it."""
    with read() as session:
        found = queries.find_photo(session, photo_id)
    is_customers = found is not None and found[1] == CUSTOMER
    if found is None or (is_customers and not actor().may("see_board")):
        raise NotFound("photos.no_such_photo")
    kept = "no-store" if is_customers else f"private, max-age={DAY_S}"
    return Response(found[0], mimetype="image/jpeg", headers={"Cache-Control": kept})


def _task(parcel_id: int) -> dict[str, Any]:
    with read() as session:
        return draw(session, look(session, parcel_id), actor())


def _go(endpoint: str, **values: Any) -> Response:
    if wants_json():
        return answer_json({**values, "address": url_for(endpoint, **values)}, 201)
    return redirect(url_for(endpoint, **values), 303)  # type: ignore[return-value]

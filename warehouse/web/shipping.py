"""The end of the bench and the dock: parcels to label, and the list of each driver (SHP-2)."""

from flask import Blueprint, Response, redirect, url_for

from warehouse.queries import shipping as parcels_query
from warehouse.services import shipping, shipping_dock
from warehouse.services.shipping_dock_look import draw_dock, look_at_dock, with_parcels
from warehouse.services.shipping_look import draw, look
from warehouse.web.access import rule
from warehouse.web.http import actor, answer_scan, read, respond, scan_from_request, text_from_request, write

bp = Blueprint("shipping", __name__)


@bp.get("/ship/")
@rule("ship")
def parcels() -> Response:
    with read() as session:
        found = parcels_query.list_waiting(session)
    return respond("shipping/parcels.html", {"parcels": found})


@bp.get("/ship/<int:parcel_id>")
@rule("ship")
def parcel(parcel_id: int) -> Response:
    with read() as session:
        task = draw(look(session, parcel_id, actor().language), actor())
    return respond("shipping/parcel.html", {"task": task})


@bp.post("/ship/<int:parcel_id>/scan")
@rule("ship")
def scan(parcel_id: int) -> Response:
    return answer_scan(write(shipping.scan, parcel_id, scan_from_request()), "shipping/_parcel.html")


@bp.get("/dock/")
@rule("ship")
def dock() -> Response:
    with read() as session:
        found = {"trucks": parcels_query.list_trucks(session), "signed": parcels_query.list_signed(session)}
    return respond("shipping/dock.html", found)


@bp.post("/dock/open")
@rule("ship")
def open_manifest() -> Response:
    manifest_id = write(shipping_dock.open_manifest, text_from_request("carrier", most=20))
    return redirect(url_for("shipping.manifest", manifest_id=manifest_id), 303)  # type: ignore[return-value]


@bp.get("/dock/<int:manifest_id>")
@rule("ship")
def manifest(manifest_id: int) -> Response:
    with read() as session:
        task = draw_dock(with_parcels(session, look_at_dock(session, manifest_id)), actor())
    return respond("shipping/manifest.html", {"task": task})


@bp.post("/dock/<int:manifest_id>/scan")
@rule("ship")
def dock_scan(manifest_id: int) -> Response:
    return answer_scan(write(shipping_dock.scan, manifest_id, scan_from_request()), "shipping/_manifest.html")

"""Totes and carts of the house."""

from flask import Blueprint, Response, redirect, url_for

from warehouse.queries.equipment import list_equipment
from warehouse.services import equipment
from warehouse.web.access import rule
from warehouse.web.http import read, respond, text_from_request, whole_from_request, write

bp = Blueprint("equipment", __name__, url_prefix="/equipment")


@bp.get("/")
@rule("release")
def listing() -> Response:
    with read() as session:
        return respond("equipment/listing.html", list_equipment(session))


@bp.post("/totes")
@rule("release")
def add_totes() -> Response:
    write(equipment.add_totes, text_from_request("prefix").upper(), whole_from_request("count") or 0)
    return redirect(url_for("equipment.listing"), 303)  # type: ignore[return-value]


@bp.post("/carts")
@rule("release")
def add_carts() -> Response:
    write(equipment.add_carts, text_from_request("prefix").upper(), whole_from_request("count") or 0,
          whole_from_request("slots") or 0)
    return redirect(url_for("equipment.listing"), 303)  # type: ignore[return-value]

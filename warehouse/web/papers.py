"""Paper in the browser (PAK-3, PAK-4). Looking at a PDF changes nothing; each print is recorded by a POST, which
leads to the PDF."""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for

from warehouse import documents, i18n
from warehouse.errors import Invalid, NotFound
from warehouse.queries import papers as papers_query
from warehouse.services import printing
from warehouse.web.access import rule
from warehouse.web.http import actor, config, read, respond, text_from_request, whole_from_request, write

bp = Blueprint("papers", __name__, url_prefix="/papers")

MOST_PAPERS = 500
REASON_LENGTH = 200
HOUSE = (printing.LOCATION, printing.TOTE, printing.CART, printing.ITEM)
BESIDE_PEOPLE = tuple(paper for paper in printing.PAPERS if paper != printing.BADGE)
_RANGE = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


@bp.get("/slip.pdf")
@rule("pack", "ship", "print")
def slip() -> Response:
    return _pdf(printing.SLIP, lambda session, ids: documents.packing_slip_pdf(session, config(), ids))


@bp.get("/dispatch-note.pdf")
@rule("pack", "ship", "print")
def dispatch_note() -> Response:
    return _pdf(printing.DISPATCH_NOTE, lambda session, ids: documents.dispatch_note_pdf(session, config(), ids))


@bp.get("/label.pdf")
@rule("ship", "print")
def label() -> Response:
    return _pdf(printing.LABEL, lambda session, ids: documents.shipping_label_pdf(session, config(), ids))


@bp.get("/manifest.pdf")
@rule("ship", "print")
def manifest() -> Response:
    return _pdf(printing.MANIFEST, lambda session, ids: documents.manifest_pdf(
        session, config(), ids[0], actor().language))


@bp.get("/locations.pdf")
@rule("print")
def location() -> Response:
    return _house_labels(printing.LOCATION, documents.location_labels_pdf)


@bp.get("/totes.pdf")
@rule("print")
def tote() -> Response:
    return _house_labels(printing.TOTE, documents.tote_labels_pdf)


@bp.get("/carts.pdf")
@rule("print")
def cart() -> Response:
    return _house_labels(printing.CART, documents.cart_labels_pdf)


@bp.get("/items.pdf")
@rule("print")
def item() -> Response:
    """With `copies=12` as many labels of each item."""
    copies = request.args.get("copies", 1, type=int)
    if not 1 <= copies <= MOST_PAPERS:
        raise Invalid("papers.too_many", most=MOST_PAPERS)
    return _house_labels(printing.ITEM, lambda session, ids, *more, **named: documents.item_labels_pdf(
        session, [each for each in ids for _ in range(copies)][:MOST_PAPERS], *more, **named))


@bp.get("/badges.pdf")
@rule("people")
def badge() -> Response:
    return _house_labels(printing.BADGE, documents.badges_pdf)


@bp.get("/label/<int:parcel_id>.svg")
@rule("ship", "print")
def label_picture(parcel_id: int) -> Response:
    """The label as the ship screen shows it; Android shows no PDF inside a page."""
    with read() as session:
        picture = documents.label_picture(session, config(), parcel_id)
    return Response(render_template("papers/label.svg", label=picture), mimetype="image/svg+xml")


@bp.get("/")
@rule("print", "people")
def desk() -> Response:
    """The papers desk: choose shelves, totes, carts, items or people, look, print."""
    kinds = [*(HOUSE if actor().may("print") else ()), *((printing.BADGE,) if actor().may("people") else ())]
    kind = request.args.get("kind", kinds[0])
    if kind not in kinds:
        raise NotFound("papers.unknown_paper")
    text = request.args.get("text", "").strip()[:60]
    with read() as session:
        shown = {
            "kind": kind, "kinds": kinds, "text": text,
            "choices": papers_query.list_choices(session, kind, text), "printed": papers_query.list_printed(session),
        }
    return respond("papers/desk.html", shown)


@bp.app_template_global()
def print_reason(text: str) -> str:
    """Why a paper was printed again: a reason that was tapped in the reader's words, a typed one as it is."""
    code = f"shipping.reason_{text}"
    return i18n.say(actor().language, code) if i18n.has_sentence(code) else text


@bp.post("/print")
@rule("print", "ship")
def print_papers() -> Response:
    return _print(BESIDE_PEOPLE)


@bp.post("/print-badges")
@rule("people")
def print_badges() -> Response:
    return _print((printing.BADGE,))


def _print(allowed: tuple[str, ...]) -> Response:
    """Record the prints and lead to the PDF; with `do=preview` only lead there. Refused: a paper of another desk,
    a second copy without a reason."""
    paper = text_from_request("paper", most=20)
    if paper not in allowed:
        raise NotFound("papers.unknown_paper")
    texts = request.form.getlist("shown" if request.form.get("all") else "ids")
    ids = _ids(",".join(texts) if not request.is_json else text_from_request("ids", most=5000))
    there: dict[str, Any] = {"ids": _in_ranges(ids), "layout": text_from_request("layout", most=10, default="sheet")}
    copies = whole_from_request("copies", most=MOST_PAPERS)
    if paper == printing.ITEM and copies:
        there["copies"] = copies
    if text_from_request("do", most=10) != "preview":
        there["job"] = write(printing.print_batch, paper, ids, text_from_request("reason", most=REASON_LENGTH))
    return redirect(url_for(f"papers.{paper}", **there), 303)  # type: ignore[return-value]


def _house_labels(paper: str, draw: Callable[..., bytes]) -> Response:
    """In the reader's language, on a sheet to cut or one a page."""
    return _pdf(paper, lambda session, ids: draw(session, ids, actor().language, on_sheet=_on_sheet()))


def _pdf(paper: str, draw: Callable[[Any, list[int]], bytes]) -> Response:
    ids = _ids(",".join(request.args.getlist("ids")))
    with read() as session:
        body = draw(session, ids)
        name = _file_name(session, paper, ids)
    return Response(body, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}.pdf"'})


def _file_name(session: Any, paper: str, ids: list[int]) -> str:
    """label-12, label-12-copy2: what a printer's queue shows."""
    name = f"{paper.replace('_', '-')}-{_in_ranges(ids[:1])}"
    job = request.args.get("job", type=int)
    if not job:
        return name
    found = papers_query.find_job(session, job)
    if found is None or found[0] != paper or found[1] not in ids:
        raise NotFound("papers.nothing_to_print")
    return f"{name}-copy{found[2]}"


def _on_sheet() -> bool:
    return request.args.get("layout", "sheet") == "sheet"


def _ids(text: str) -> list[int]:
    """Ids from "4-9,12", each once, in the given order. Refuses anything else and more than one print may have."""
    found: dict[int, None] = {}
    for part in filter(None, text.replace(" ", "").split(",")):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise Invalid("papers.ids_wrong")
        first, last = int(match[1]), int(match[2] or match[1])
        if last - first >= MOST_PAPERS:
            raise Invalid("papers.too_many", most=MOST_PAPERS)
        found.update(dict.fromkeys(range(first, last + 1)))
    if not found:
        raise Invalid("papers.ids_wrong")
    if len(found) > MOST_PAPERS:
        raise Invalid("papers.too_many", most=MOST_PAPERS)
    return list(found)


def _in_ranges(ids: list[int]) -> str:
    """4,5,6,9 as "4-6,9", so that a sheet of 400 shelves still fits an address."""
    parts: list[list[int]] = []
    for each in ids:
        if parts and each == parts[-1][-1] + 1:
            parts[-1].append(each)
        else:
            parts.append([each])
    return ",".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)

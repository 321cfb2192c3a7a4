"""Texts for customers and their versions: written by one person, used once another has reviewed them (SHP-3)."""

from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from warehouse import i18n
from warehouse.domain import letters
from warehouse.domain.messages import DRAFT, RETIRED, REVIEWED, TEMPLATE_FLOW, TOPICS
from warehouse.domain.people import Actor
from warehouse.errors import Conflict, Invalid, NotAllowed, NotFound
from warehouse.models.messages import MessageTemplate
from warehouse.services import journal

TEMPLATE = MessageTemplate.__table__


def put_in_first(session: Session, person_id: int, at: datetime) -> int:
    """The first version of every text that has none, reviewed; how many."""
    there = {tuple(row) for row in session.execute(select(TEMPLATE.c.code, TEMPLATE.c.language).distinct())}
    state = TEMPLATE_FLOW.step(TEMPLATE_FLOW.start, "review")
    missing = [
        {"code": code, "language": language, "version": 1, "state": state, "subject": text.subject, "body": text.body,
         "sends_itself": TOPICS[code].sends_itself, "created_at": at, "author_id": person_id, "reviewed_at": at,
         "reviewer_id": person_id}
        for code in TOPICS for language in i18n.LANGUAGES if (code, language) not in there
        for text in [first_text(code, language)]
    ]
    if missing:
        session.execute(insert(TEMPLATE), missing)
    return len(missing)


def first_text(code: str, language: str) -> letters.Letter:
    """The text that the program brings along."""
    words = i18n.sentences()
    name = "zh" if language == i18n.CHINESE else "en"
    return letters.check_text(code, words[f"letters.{code}_subject"][name], words[f"letters.{code}_body"][name],
                              sends_itself=TOPICS[code].sends_itself)


def write_draft(
    session: Session, actor: Actor, code: str, language: str, subject: str, body: str, *, sends_itself: bool,
) -> int:
    """The next version of a text, to be reviewed by somebody else; the draft that is there already is written anew.
    Refused: names in braces that the topic does not know, and what `letters.check_text` refuses."""
    if not actor.may("write_messages"):
        raise NotAllowed("errors.not_allowed")
    if code not in TOPICS or language not in i18n.LANGUAGES:
        raise NotFound("messages.no_such_text")
    text = letters.check_text(code, subject, body, sends_itself=sends_itself)
    mine = (TEMPLATE.c.code == code, TEMPLATE.c.language == language)
    # All versions of this text are held, so that two drafts do not take one number.
    session.execute(select(TEMPLATE.c.id).where(*mine).order_by(TEMPLATE.c.id).with_for_update()).all()
    newest = session.execute(select(func.max(TEMPLATE.c.version)).where(*mine)).scalar() or 0
    fields = {"subject": text.subject, "body": text.body, "sends_itself": sends_itself, "created_at": actor.at,
              "author_id": actor.person_id}
    draft_id = session.execute(
        update(TEMPLATE).where(*mine, TEMPLATE.c.state == DRAFT).values(fields).returning(TEMPLATE.c.id)).scalar()
    if draft_id is None:
        draft_id = session.execute(insert(TEMPLATE).returning(TEMPLATE.c.id), {
            "code": code, "language": language, "version": newest + 1, "state": TEMPLATE_FLOW.start, **fields,
        }).scalar_one()
    journal.note(session, actor, "write", "message_template", draft_id, code=code, language=language)
    return int(draft_id)


def review(session: Session, actor: Actor, template_id: int, seen_at: datetime | None = None) -> None:
    """The draft is used from now on, the version before it no more. Refused: the author's own, and one that was
    changed after `seen_at`, when the reviewer opened it."""
    if not actor.may("review_messages"):
        raise NotAllowed("errors.not_allowed")
    draft = _locked(session, template_id)
    state = TEMPLATE_FLOW.step(draft.state, "review")
    if draft.author_id == actor.person_id:
        raise NotAllowed("messages.not_your_own")
    if seen_at is not None and seen_at != draft.created_at:
        raise Conflict("messages.changed_meanwhile")
    session.execute(
        update(TEMPLATE)
        .where(TEMPLATE.c.code == draft.code, TEMPLATE.c.language == draft.language, TEMPLATE.c.state == REVIEWED)
        .values(state=TEMPLATE_FLOW.step(REVIEWED, "retire")))
    session.execute(update(TEMPLATE).where(TEMPLATE.c.id == template_id).values(
        state=state, reviewed_at=actor.at, reviewer_id=actor.person_id))
    journal.note(session, actor, "review", "message_template", template_id, code=draft.code, version=draft.version)


def discard(session: Session, actor: Actor, template_id: int, reason: str) -> None:
    """The draft is not used."""
    if not (actor.may("write_messages") or actor.may("review_messages")):
        raise NotAllowed("errors.not_allowed")
    if not reason.strip():
        raise Invalid("messages.reason_wanted")
    draft = _locked(session, template_id)
    state = TEMPLATE_FLOW.step(draft.state, "discard")
    assert state == RETIRED
    session.execute(update(TEMPLATE).where(TEMPLATE.c.id == template_id).values(state=state))
    journal.note(session, actor, "discard", "message_template", template_id, reason=reason.strip(), code=draft.code)


def _locked(session: Session, template_id: int) -> MessageTemplate:
    found = session.execute(
        select(MessageTemplate).where(MessageTemplate.id == template_id).with_for_update()).scalar_one_or_none()
    if found is None:
        raise NotFound("messages.no_such_text")
    return found

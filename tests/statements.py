"""How many statements something costs, where noise cannot touch the figure."""

from contextlib import contextmanager

from sqlalchemy import event

# What the doors say to begin and end is not counted.
NOT_COUNTED = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")


@contextmanager
def count_statements(db):
    """A list that fills with each statement sent to the database meanwhile."""
    seen = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if not statement.lstrip().upper().startswith(NOT_COUNTED):
            seen.append(statement)

    # A reader that is the writer with other options hears what the writer hears.
    engines = {engine.pool: engine for engine in (db.reader, db.writer)}.values()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)

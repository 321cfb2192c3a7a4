"""Use cases, named by verbs: `(session, actor, …)`. The only writers. They may flush, never commit."""

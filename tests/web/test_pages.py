"""What templates may call: parts that are drawn once."""

from flask import g

PART = '{% from "picking/_parts.html" import ahead %}{{ kept(ahead, "A", "02", "3", "A-02-3", title, 4, 1) }}'


def drawn(app, language, title):
    with app.test_request_context():
        g.language = language
        return app.jinja_env.from_string(PART).render(title=title)


def test_a_kept_part_is_drawn_for_each_language_and_for_each_fact(app):
    english = drawn(app, "en", "Dune")

    assert drawn(app, "en", "Dune") == english
    assert drawn(app, "zh-Hans", "Dune") != english
    assert "Emma" in drawn(app, "en", "Emma")


def test_what_a_kept_part_is_given_is_escaped(app):
    assert "1 &lt;b&gt; 2" in drawn(app, "en", "1 <b> 2")

"""What must be so of stocktakes, as (name, claim, SELECT of the broken rows): see `prove`."""

CLAIMS = (
    (
        "counts_posted_what_they_say",
        "what a counted difference says was posted is what its moves brought from or took to lost-and-found",
        """
        SELECT result_id, SUM(said) AS said, SUM(moved) AS moved
        FROM (
            SELECT id AS result_id, units_posted AS said, 0 AS moved FROM count_result
            UNION ALL
            SELECT m.count_result_id, 0, CASE WHEN s.kind = 'lost_found' THEN m.units WHEN t.kind = 'lost_found'
                   THEN -m.units ELSE 0 END
            FROM stock_move AS m JOIN location AS s ON s.id = m.source_id JOIN location AS t ON t.id = m.target_id
            WHERE m.count_result_id IS NOT NULL
        ) AS u
        GROUP BY result_id
        HAVING SUM(said) <> SUM(moved)
        """,
    ),
    (
        "counters_approve_nothing",
        "a difference was approved with a cause, by somebody who had counted nothing in that stocktake",
        """
        SELECT r.id, r.session_id, r.cause, r.decided_by FROM count_result AS r
        WHERE r.state = 'approved' AND (r.cause = '' OR r.decided_by IS NULL OR EXISTS (
            SELECT 1 FROM count_task AS t WHERE t.session_id = r.session_id AND t.person_id = r.decided_by
            AND t.counted_at <= r.decided_at))
        """,
    ),
    (
        "recounts_are_by_others",
        "no shelf of a stocktake was counted by the same person in two rounds",
        """
        SELECT session_id, location_id, person_id, COUNT(*) AS times FROM count_task
        WHERE state = 'counted' AND person_id IS NOT NULL
        GROUP BY session_id, location_id, person_id HAVING COUNT(*) > 1
        """,
    ),
)

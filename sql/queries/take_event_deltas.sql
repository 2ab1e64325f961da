-- Takes what was added to and removed from event, in order.
-- $1 integer: rows at most
DELETE FROM event_delta
WHERE delta_no IN (SELECT delta_no FROM event_delta ORDER BY delta_no LIMIT $1::integer)
RETURNING sign, events, kinds, days, authors

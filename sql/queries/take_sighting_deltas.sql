-- Takes what was added to and removed from sighting, in order.
-- $1 integer: rows at most
DELETE FROM sighting_delta
WHERE delta_no IN (SELECT delta_no FROM sighting_delta ORDER BY delta_no LIMIT $1::integer)
RETURNING sign, events, relays, kinds, seen

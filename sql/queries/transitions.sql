-- The last changes of a relay's state from every vantage, newest first.
-- $1 text: relay URL  $2 integer: how many
SELECT vantage, at, from_state, to_state, reason
FROM relay_transitions
WHERE relay = $1
ORDER BY at DESC, vantage
LIMIT $2

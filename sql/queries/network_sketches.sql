-- The sketches of all relays of a network.
-- $1 text: network
SELECT s.sketch
FROM relay r JOIN author_sketch s ON s.dimension = 'relay' AND s.key = r.relay_no::text
WHERE r.network = $1

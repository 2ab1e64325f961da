-- What a relay sent that was not archived, most first.
-- $1 text: relay URL
SELECT reason, class, events FROM relay_rejects WHERE relay = $1 ORDER BY events DESC, reason LIMIT 1000

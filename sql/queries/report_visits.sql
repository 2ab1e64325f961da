-- The last turn of each job at a relay.
-- $1 text: relay URL
SELECT v.job, v.vantage, v.started_at, v.ended_at, v.outcome, v.reason, v.next_at, v.requests, v.pages, v.new_events,
       v.known_events, v.bytes, v.rejected, v.late_events, v.missing_events, v.live_events
FROM visit v JOIN relay r USING (relay_no)
WHERE r.url = $1
ORDER BY v.job

-- When the last turn of a job at a relay ended and when the next was due.
-- $1 text: relay URL  $2 text: job
SELECT v.ended_at, v.next_at
FROM visit v JOIN relay r USING (relay_no)
WHERE r.url = $1 AND v.job = $2

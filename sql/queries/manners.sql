-- How a relay answers.
-- $1 text: relay URL
SELECT m.vantage, m.probed_at, m.cap, m.answer_order, m.until_exclusive, m.since_exclusive, m.ignores_until, m.ignores_since,
       m.negentropy, m.hints, m.counts, m.hides, m.auth, m.max_subscriptions, m.max_message, m.page_limit
FROM manners m JOIN relay r USING (relay_no)
WHERE r.url = $1

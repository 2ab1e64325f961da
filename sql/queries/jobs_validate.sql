-- Candidates whose validation goes on: neither a relay nor given up.
SELECT c.url, c.tries, c.next_try_at
FROM candidate c
WHERE c.given_up_at IS NULL AND NOT EXISTS (SELECT FROM relay r WHERE r.url = c.url)

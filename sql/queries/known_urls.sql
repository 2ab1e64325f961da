-- Which URLs are relays or candidates, whatever their state.
-- $1 text[]: URLs
SELECT i.url, r.url IS NOT NULL, coalesce(c.tries, 0), c.given_up_at
FROM unnest($1::text[]) AS i (url)
LEFT JOIN relay r ON r.url = i.url
LEFT JOIN candidate c ON c.url = i.url
WHERE r.url IS NOT NULL OR c.url IS NOT NULL

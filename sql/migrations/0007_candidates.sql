-- +goose Up
-- Candidates for people.

CREATE VIEW candidates AS
  SELECT c.url, c.network,
         CASE WHEN r.url IS NOT NULL THEN 'relay'
              WHEN c.given_up_at IS NOT NULL THEN 'given up'
              WHEN c.reason = 'no_proxy' THEN 'parked'
              WHEN c.reason IS NOT NULL THEN 'failed'
              ELSE 'new' END AS state,
         c.found_at,
         ARRAY(SELECT s.source FROM candidate_source s WHERE s.candidate_no = c.candidate_no ORDER BY s.found_at, s.source) AS sources,
         c.tries, c.tried_at, c.reason, c.next_try_at, c.given_up_at, r.accepted_at
  FROM candidate c LEFT JOIN relay r ON r.url = c.url;
COMMENT ON VIEW candidates IS 'Every relay URL that was found: where, and how its validation went.';

GRANT SELECT ON candidates TO bigbrotr_writer, bigbrotr_reader;

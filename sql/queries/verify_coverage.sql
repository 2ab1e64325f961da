-- Rows of coverage: how many, how many of them of no relay or no filter, and how many claim what was still to come on the day of
-- their walk.
SELECT count(*), count(*) FILTER (WHERE r.relay_no IS NULL OR f.filter_no IS NULL),
       count(*) FILTER (WHERE upper(c.intervals) > extract(epoch FROM c.walked_on + 2))
FROM coverage c LEFT JOIN relay r USING (relay_no) LEFT JOIN filter f USING (filter_no)

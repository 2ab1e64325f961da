-- Puts sketches of authors.
-- $1 text[]: dimensions  $2 text[]: keys  $3 bigint[]: estimates  $4 bytea[]: sketches
INSERT INTO author_sketch (dimension, key, authors, sketch)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bytea[])
ON CONFLICT (dimension, key) DO UPDATE SET authors = excluded.authors, sketch = excluded.sketch

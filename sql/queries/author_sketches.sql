-- Sketches of authors.
-- $1 text[]: dimensions  $2 text[]: keys
SELECT s.dimension, s.key, s.sketch
FROM unnest($1::text[], $2::text[]) AS i (dimension, key)
JOIN author_sketch s ON s.dimension = i.dimension AND s.key = i.key

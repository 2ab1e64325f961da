-- Removes documents that no relay has ever been seen with, some at a time.
-- $1 integer: at most so many
DELETE FROM document
WHERE document_no IN (SELECT d.document_no FROM document d
  WHERE NOT EXISTS (SELECT FROM relay_document r WHERE r.document_no = d.document_no) ORDER BY d.document_no LIMIT $1)

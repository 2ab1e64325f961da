-- Whether anything was ever removed: most archives need not ask more.
SELECT EXISTS (SELECT FROM tombstone)

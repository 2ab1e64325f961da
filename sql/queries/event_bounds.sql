-- The smallest and the largest number of an event.
SELECT coalesce(min(event_no), 0), coalesce(max(event_no), -1) FROM event

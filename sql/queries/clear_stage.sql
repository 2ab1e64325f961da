-- Empties the stage between two attempts of one transaction.
DELETE FROM stage_event_2

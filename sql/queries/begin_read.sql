-- What a reading transaction needs of its session; see begin_write.
-- $1 text: statement timeout in milliseconds
SELECT set_config('statement_timeout', $1, true), set_config('timezone', 'UTC', true)

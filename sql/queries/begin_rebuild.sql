-- What a rebuild of counters needs of its session. It takes hours and changes no event, so it has no share in the lock of
-- begin_write: whoever erases would wait for it, and all writers behind him.
-- $1 text: statement timeout in milliseconds  $2 text: longest time between two statements, in milliseconds
SELECT set_config('synchronous_commit', 'on', true),
       set_config('statement_timeout', $1, true),
       set_config('idle_in_transaction_session_timeout', $2, true),
       set_config('timezone', 'UTC', true)

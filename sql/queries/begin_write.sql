-- What a writing transaction needs of its session. The settings end with the transaction, so that they
-- survive a transaction pooler. The lock is shared by all that write and excludes whoever erases: what is erased cannot
-- come back in a transaction that began before. So a process that stands still, or is out of reach, may not keep it.
-- $1 text: statement timeout in milliseconds  $2 text: longest time between two statements, in milliseconds
SELECT set_config('synchronous_commit', 'on', true),
       set_config('statement_timeout', $1, true),
       set_config('idle_in_transaction_session_timeout', $2, true),
       set_config('timezone', 'UTC', true),
       pg_advisory_xact_lock_shared(62, 5)

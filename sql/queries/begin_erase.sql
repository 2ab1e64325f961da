-- What a transaction that erases needs of its session: no writer beside it. It gives way when one takes long: writers that
-- come later wait behind it. (The statement timeout does not bound the statement that sets it; the lock timeout does.)
-- $1 text: statement timeout in milliseconds  $2 text: longest time between two statements, and for a lock, in milliseconds
SELECT set_config('synchronous_commit', 'on', true),
       set_config('statement_timeout', $1, true),
       set_config('idle_in_transaction_session_timeout', $2, true),
       set_config('lock_timeout', $2, true),
       set_config('timezone', 'UTC', true),
       pg_advisory_xact_lock(62, 5)

-- What a writing transaction needs of its session. The settings end with the transaction, so that they
-- survive a transaction pooler.
-- $1 text: statement timeout in milliseconds
SELECT set_config('synchronous_commit', 'on', true),
       set_config('statement_timeout', $1, true),
       set_config('timezone', 'UTC', true)

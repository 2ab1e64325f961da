-- What doctor asks the server: its version as a number, when commits are acknowledged, who is asking, and which of our roles
-- are there.
SELECT current_setting('server_version_num')::integer, current_setting('synchronous_commit'), current_setting('fsync'),
       current_user::text, array(SELECT rolname::text FROM pg_roles WHERE rolname IN ('bigbrotr_writer', 'bigbrotr_reader') ORDER BY 1)

-- The network of every relay.
SELECT relay_no, network FROM relay

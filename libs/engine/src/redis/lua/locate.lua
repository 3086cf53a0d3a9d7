-- Live connections of a user.
-- KEYS  presence
-- ARGV  TTL (ms)
-- Reply {id, value, …}
return live_connections(KEYS[1], now_ms(), tonumber(ARGV[1]))

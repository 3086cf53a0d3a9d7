-- Removes one connection, and no other.
-- KEYS  presence, meta
-- ARGV  TTL (ms), connection id
-- Reply 1 if it was live, its value (nil if there was none), live connections left, visible status, what it was before, its version, when last visible (nil if never)
return remove_connection(KEYS[1], KEYS[2], ARGV[2], now_ms(), tonumber(ARGV[1]))

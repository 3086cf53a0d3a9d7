-- Removes one connection of each user, and no other.
-- KEYS  per user: presence, meta
-- ARGV  TTL (ms); per user: connection id
-- Reply per user: 1 if it was live, its value (nil if there was none), live connections left, visible status, what it was before, its version,
--       when last visible (nil if never); or the error
local now, ttl = now_ms(), tonumber(ARGV[1])
return each(#KEYS / 2, function(i)
  return remove_connection(KEYS[2 * i - 1], KEYS[2 * i], ARGV[i + 1], now, ttl)
end)

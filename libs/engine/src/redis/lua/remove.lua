-- Removes one connection, and no other.
-- KEYS  presence, meta
-- ARGV  TTL (ms), connection id
-- Reply 1 if it was live, its value (nil if there was none), live connections left, visible status, what it was before, its version, when last visible (nil if never)
local call = redis.call
local now, ttl = now_ms(), tonumber(ARGV[1])
local value = call('HGET', KEYS[1], ARGV[2])
local live, stale = live_connections(KEYS[1], now, ttl)
local removed = call('HDEL', KEYS[1], ARGV[2])
local left = {}
for i = 1, #live, 2 do
  if live[i] ~= ARGV[2] then
    left[#left + 1] = live[i]
    left[#left + 1] = live[i + 1]
  end
end
return { removed, value, #left / 2, visible(KEYS[2], left, now, removed == 1 and now or stale or now - ttl) }

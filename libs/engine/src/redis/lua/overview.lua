-- Live connections of users, and what others see of them.
-- KEYS  per user: presence, meta
-- ARGV  TTL (ms)
-- Reply per user: {id, value, …}, {visible status, what it was before, its version, when last visible in ms (nil if never)}
local now, ttl, reply = now_ms(), tonumber(ARGV[1]), {}
for k = 1, #KEYS, 2 do
  local live, stale = live_connections(KEYS[k], now, ttl)
  reply[k] = live
  reply[k + 1] = { look_and_save(KEYS[k + 1], live, now, stale or now - ttl) }
end
return reply

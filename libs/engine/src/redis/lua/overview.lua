-- Live connections of users, and when they were last seen.
-- KEYS  per user: presence, meta
-- ARGV  TTL (ms)
-- Reply per user: {id, value, …}, ms (nil if never)
local now, reply = now_ms(), {}
for k = 1, #KEYS, 2 do
  reply[k] = live_connections(KEYS[k], now, tonumber(ARGV[1]))
  reply[k + 1] = redis.call('HGET', KEYS[k + 1], 'seen')
end
return reply

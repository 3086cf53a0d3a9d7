-- Live connections of users.
-- KEYS  presence of each
-- ARGV  TTL (ms)
-- Reply packed as one MessagePack array, per user: {id, value, …}
local now, ttl, reply = now_ms(), tonumber(ARGV[1]), {}
for k = 1, #KEYS do
  reply[k] = live_connections(KEYS[k], now, ttl)
end
return cmsgpack.pack(reply)

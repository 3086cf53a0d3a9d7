-- Removes one connection, and no other.
-- KEYS  presence, meta
-- ARGV  TTL (ms), connection id
-- Reply 1 if it was live, its value (nil if there was none), live connections left, when the user was last seen (nil if somebody is left or nobody knows)
local call = redis.call
local now = now_ms()
local value = call('HGET', KEYS[1], ARGV[2])
local before = #live_connections(KEYS[1], now, tonumber(ARGV[1])) / 2
local removed = call('HDEL', KEYS[1], ARGV[2])
local left = before - removed
local seen = false
if left == 0 and removed == 1 then
  seen = string.format('%.0f', now)
  call('HSET', KEYS[2], 'seen', seen)
elseif left == 0 and value then
  seen = string.sub(value, 14, 26)
  call('HSET', KEYS[2], 'seen', seen)
elseif left == 0 then
  seen = call('HGET', KEYS[2], 'seen')
end
return { removed, value, left, seen }

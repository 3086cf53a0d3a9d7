-- Ends a membership, the member's place included.
-- KEYS  members, meta, subscribers
-- ARGV  user
-- Reply 1 if the user was a member, the highest number of a membership that may be in the user's list, subscribed gateways
local call = redis.call
local value = call('HGET', KEYS[1], ARGV[1])
if value then call('HDEL', KEYS[1], ARGV[1]) end
local own = value and tonumber(string.match(value, '^%d+')) or 0
local latest = tonumber(call('HGET', KEYS[2], 'joined') or 0)
return { value and 1 or 0, math.max(own, latest), live_gateways(KEYS[3], now_ms()) }

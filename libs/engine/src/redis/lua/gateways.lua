-- Library: a hash of gateway processes, "<gateway id> <incarnation>" → until when, ms: who watches a user, who subscribes to a conversation.

-- The fields that have not run out; stale ones are dropped.
local function live_gateways(key, now)
  local all = redis.call('HGETALL', key)
  if #all == 0 then return NONE end
  local live, stale = {}, nil
  for i = 1, #all, 2 do
    if (tonumber(all[i + 1]) or 0) > now then
      live[#live + 1] = all[i]
    else
      stale = stale or {}
      stale[#stale + 1] = all[i]
    end
  end
  if stale then
    redis.call('HDEL', key, unpack(stale))
  end
  return live
end

local function attach(key, field, now, ttl)
  redis.call('HSET', key, field, string.format('%d', now + ttl))
  redis.call('PEXPIRE', key, ttl)
end

-- Library: presence values start with {"timestamp":<13 digits>,"since":<13 digits>, so that scripts read and write times by position.

-- Live connections of a presence hash as {id, value, …}; stale fields are dropped (Redis 7.0 has no expiry of fields), and the latest time
-- of these is returned too (nil if there are none).
local function live_connections(presence, now, ttl)
  local all = redis.call('HGETALL', presence)
  if #all == 0 then return NONE, nil end
  local live, stale, latest = {}, nil, nil
  for i = 1, #all, 2 do
    local at = tonumber(string.sub(all[i + 1], 14, 26))
    if at and at + ttl > now then
      live[#live + 1] = all[i]
      live[#live + 1] = all[i + 1]
    else
      stale = stale or {}
      stale[#stale + 1] = all[i]
      latest = at and math.max(at, latest or 0) or latest
    end
  end
  if stale then
    redis.call('HDEL', presence, unpack(stale))
  end
  return live, latest
end

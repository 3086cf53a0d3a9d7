-- Library: presence values start with {"timestamp":<13 digits>,"since":<13 digits>, so that scripts read and write times by position.

-- Live connections of a presence hash as {id, value, …}; stale fields are dropped. Redis 7.0 has no expiry of fields.
local function live_connections(presence, now, ttl)
  local all = redis.call('HGETALL', presence)
  local live, stale = {}, nil
  for i = 1, #all, 2 do
    local at = tonumber(string.sub(all[i + 1], 14, 26))
    if at and at + ttl > now then
      live[#live + 1] = all[i]
      live[#live + 1] = all[i + 1]
    else
      stale = stale or {}
      stale[#stale + 1] = all[i]
    end
  end
  if stale then
    redis.call('HDEL', presence, unpack(stale))
  end
  return live
end

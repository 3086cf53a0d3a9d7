-- Library: presence values start with {"timestamp":<13 digits>,"since":<13 digits>, so that scripts read and write times by position.

-- Live connections of a presence hash as {id, value, …}; stale fields are dropped (Redis 7.0 has no expiry of fields), and the latest time
-- of these is returned too (nil if there are none).
local function live_connections(presence, now, ttl)
  local all = redis.call('HGETALL', presence)
  local stale, latest = NONE, nil
  for i = 1, #all, 2 do
    local at = tonumber(string.sub(all[i + 1], 14, 26))
    if not at or at + ttl <= now then
      if stale == NONE then stale = {} end
      stale[#stale + 1] = all[i]
      latest = at and math.max(at, latest or 0) or latest
    end
  end
  if stale == NONE then return all, nil end
  redis.call('HDEL', presence, unpack(stale))
  local live, s = {}, 1
  for i = 1, #all, 2 do
    if all[i] == stale[s] then
      s = s + 1
    else
      local count = #live
      live[count + 1], live[count + 2] = all[i], all[i + 1]
    end
  end
  return live, latest
end

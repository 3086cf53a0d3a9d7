-- Library: one connection out of a user's presence.

-- Removes the connection, unless its value is kept by `keeps`. Returns 1 if it was live and removed, its value (false if there was none), live
-- connections left, visible status, what it was before, its version, when last visible (false if never)
local function remove_connection(presence, meta, id, now, ttl, keeps)
  local value = redis.call('HGET', presence, id)
  local live, stale = live_connections(presence, now, ttl)
  local removed = 0
  if value and not (keeps and keeps(value)) then
    removed = redis.call('HDEL', presence, id)
    for i = #live - 1, 1, -2 do
      if live[i] == id then
        table.remove(live, i)
        table.remove(live, i)
      end
    end
  end
  local left = removed == 1 and now or stale or now - ttl
  return { removed, value, #live / 2, look_and_save(meta, live, now, left) }
end

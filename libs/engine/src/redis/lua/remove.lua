-- Removes one connection of each user, and no other.
-- KEYS  none; on a cluster, where a call has one user only: presence, meta
-- ARGV  TTL (ms), and packed as one MessagePack array, per user: presence, connection id
-- Reply packed as one MessagePack array, per user: 1 if it was live, its value (false if there was none), live connections left, visible status,
--       what it was before, its version, when last visible (false if never); or the error
local now, ttl, items = now_ms(), tonumber(ARGV[1]), cmsgpack.unpack(ARGV[2])
return cmsgpack.pack(each(#items / 2, function(i)
  local presence, id = items[2 * i - 1], items[2 * i]
  local _, meta = keys_of(presence)
  return remove_connection(presence, meta, id, now, ttl)
end))

-- Adds a connection of each user and applies the device and count rules.
-- KEYS  per user: presence, meta, watchers, inbox
-- ARGV  TTL (ms), an inbox's maximal length and age (ms); per user: most connections, connection id, rest of the value (after the times), ending
--       of a value of the same device ('' for none), the place it had before it was forgotten (0: none), how long ago it was asked for (ms), the
--       index to enter it in ('' on a cluster, where that is in another slot, and written before), its member there; and if it opens the inbox, as
--       lua/read.lua does: cursor and device ('' for none), name for a new epoch ('': it does not)
-- Reply per user: 1 if there was no live connection before, replaced {id, value, …}, live {id, value, …}, its place, 1 if it was added (0:
--       others have its place), the gateways that watch, where it stands in the inbox (epoch, last id, first id held, cursor) or nil, visible
--       status, what it was before, its version; or the error
local call = redis.call
local now, ttl = now_ms(), tonumber(ARGV[1])
local most_held, oldest = tonumber(ARGV[2]), now - tonumber(ARGV[3])

-- The index outlives every entry of presence that it names.
local extended = {}
local function enter(index, member)
  call('SADD', index, member)
  if not extended[index] then call('PEXPIRE', index, 2 * ttl) end
  extended[index] = true
end

local function register(presence, meta, watchers, most, id, tail, ending, place, late, open)
  local all, watching = live_connections(presence, now, ttl), live_gateways(watchers, now)

  -- `since` orders connections by age, strictly within one user, and is kept when the same connection registers again.
  local since, latest = nil, 0
  local others = {}
  for i = 1, #all, 2 do
    local at = tonumber(string.sub(all[i + 1], 36, 48))
    latest = math.max(latest, at)
    if all[i] == id then
      since = at
    else
      others[#others + 1] = { id = all[i], value = all[i + 1], since = at }
    end
  end
  if place == 0 and late > 0 then place = now - late end
  local forgotten = not since and place > 0
  since = since or (forgotten and place) or math.max(now, latest + 1)
  table.sort(others, function(a, b) return a.since < b.since end)

  local function same_device(other)
    return ending ~= '' and string.sub(other.value, -#ending) == ending
  end

  -- Entered again: of two with one place, the one that is there came later.
  if forgotten then
    local newer = 0
    for _, other in ipairs(others) do
      if other.since >= since then
        newer = newer + (same_device(other) and most or 1)
      end
    end
    if newer >= most then
      return { #all == 0 and 1 or 0, {}, all, string.format('%.0f', since), 0, watching, false, visible(meta, all, now, now) }
    end
  end

  -- In the same step: whatever is appended from here on is told to the connection.
  local inbox = open()
  local kept, replaced = {}, {}
  local function replace(other)
    replaced[#replaced + 1] = other.id
    replaced[#replaced + 1] = other.value
    call('HDEL', presence, other.id)
  end
  for _, other in ipairs(others) do
    if same_device(other) then
      replace(other)
    else
      kept[#kept + 1] = other
    end
  end
  while #kept > 0 and #kept + 1 > most do
    replace(table.remove(kept, 1))
  end

  local value = string.format('{"timestamp":%.0f,"since":%.0f,', now, since) .. tail
  call('HSET', presence, id, value)
  call('PEXPIRE', presence, ttl)
  local live = {}
  for _, other in ipairs(kept) do
    live[#live + 1] = other.id
    live[#live + 1] = other.value
  end
  live[#live + 1] = id
  live[#live + 1] = value
  return { #all == 0 and 1 or 0, replaced, live, string.format('%.0f', since), 1, watching, inbox, visible(meta, live, now, now) }
end

return each(#KEYS / 4, function(i)
  local presence, meta, watchers, log = unpack(KEYS, 4 * i - 3, 4 * i)
  local most, id, tail, ending, place, late, index, member, cursor, device, fresh = unpack(ARGV, 11 * i - 7, 11 * i + 3)
  if index ~= '' then enter(index, member) end
  local function open()
    if fresh == '' then return false end
    local inbox = { log = log, meta = meta, most = most_held, oldest = oldest }
    return { position(inbox, { cursor = tonumber(cursor), name = device, becomes_known = true }, fresh) }
  end
  return register(presence, meta, watchers, tonumber(most), id, tail, ending, tonumber(place), tonumber(late), open)
end)

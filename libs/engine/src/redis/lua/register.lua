-- Adds a connection of each user and applies the device and count rules.
-- KEYS  none; on a cluster, where a call has one user only: presence, meta, watchers, inbox
-- ARGV  TTL (ms), an inbox's maximal length and age (ms), and packed as one MessagePack array, per user: presence, most connections,
--       connection id, rest of the value (after the times), ending of a value of the same device ('' for none), the place it had before it was forgotten
--       (0: none), how long ago it was asked for (ms), the index to enter it in ('' on a cluster, where that is in another slot, and written
--       before), its member there; and if it opens the inbox, as lua/read.lua does: cursor and device ('' for none), name for a new epoch ('': it does
--       not)
-- Reply packed as one MessagePack array, per user: 1 if there was no live connection before, replaced {id, value, …}, live connections after it, its
--       place, 1 if it was added (0: others have its place), the gateways that watch, where it stands in the inbox (epoch, last id, first id held,
--       cursor) or false, visible status, what it was before, its version; or the error
local call = redis.call
local now, ttl = now_ms(), tonumber(ARGV[1])
local most_held, oldest = tonumber(ARGV[2]), now - tonumber(ARGV[3])
local items, ITEMS = cmsgpack.unpack(ARGV[4]), 12

-- The index outlives every entry of presence that it names.
local function enter_all()
  local members = {}
  for i = 1, #items, ITEMS do
    local index, member = items[i + 7], items[i + 8]
    if index ~= '' then
      members[index] = members[index] or {}
      note(members[index], member)
    end
  end
  for index, some in pairs(members) do
    call('SADD', index, unpack(some))
    call('PEXPIRE', index, 2 * ttl)
  end
end

-- For what is empty most of the time, and never added to.
local NONE = {}

-- A user's connections but this one, oldest first, and the place of this one if it is among them.
local function others_of(all, id)
  local others, since = {}, nil
  for i = 1, #all, 2 do
    local at = tonumber(string.sub(all[i + 1], 36, 48))
    if all[i] == id then
      since = at
    else
      others[#others + 1] = { id = all[i], value = all[i + 1], since = at }
    end
  end
  table.sort(others, function(a, b) return a.since < b.since end)
  return others, since
end

local function same_device(other, ending)
  return ending ~= '' and string.sub(other.value, -#ending) == ending
end

-- Of two with one place, the one that is there came later.
local function outranked(others, most, ending, since)
  local newer = 0
  for _, other in ipairs(others) do
    if other.since >= since then
      newer = newer + (same_device(other, ending) and most or 1)
    end
  end
  return newer >= most
end

-- Those of its device go, and the oldest as long as there are too many. Returns who stays and who went, each {id, value, …}.
local function make_room(presence, others, most, ending)
  local kept, live, replaced = {}, {}, {}
  local function replace(other)
    note(replaced, other.id, other.value)
    call('HDEL', presence, other.id)
  end
  for _, other in ipairs(others) do
    if same_device(other, ending) then
      replace(other)
    else
      kept[#kept + 1] = other
    end
  end
  while #kept > 0 and #kept + 1 > most do
    replace(table.remove(kept, 1))
  end
  for _, other in ipairs(kept) do
    note(live, other.id, other.value)
  end
  return live, replaced
end

-- `known`: what is known of the user's inbox (as life_of says), and from the sixth on of the user (as seen_of says).
local function register(presence, meta, most, id, tail, ending, place, late, known, changes, open)
  local all, watching = live_connections(presence, now, ttl), live_gateways(watchers_of(presence), now)
  local alone = #all == 0
  local others, since = NONE, nil
  if not alone then others, since = others_of(all, id) end

  -- `since` orders connections by age, strictly within one user, and is kept when the same connection registers again.
  if place == 0 and late > 0 then place = now - late end
  local forgotten = not since and place > 0
  local newest = others[#others]
  since = since or (forgotten and place) or math.max(now, newest and newest.since + 1 or 0)
  if forgotten and outranked(others, most, ending, since) then
    return { 0, NONE, #all / 2, since, 0, watching, false, visible(all, now, now, changes, unpack(known, 6, 8)) }
  end

  -- In the same step: whatever is appended from here on is told to the connection.
  local inbox = open()
  local live, replaced = {}, NONE
  if not alone then live, replaced = make_room(presence, others, most, ending) end
  local value = '{"timestamp":' .. time_text(now) .. ',"since":' .. time_text(since) .. ',' .. tail
  call('HSET', presence, id, value)
  call('PEXPIRE', presence, ARGV[1])
  note(live, id, value)
  return {
    alone and 1 or 0, replaced, #live / 2, since, 1, watching, inbox,
    visible(live, now, now, changes, unpack(known, 6, 8)),
  }
end

enter_all()
return cmsgpack.pack(each(#items / ITEMS, function(i)
  local presence, most, id, tail, ending, place, late, _, _, cursor, device, fresh = unpack(items, ITEMS * (i - 1) + 1, ITEMS * i)
  local log, meta = keys_of(presence)
  local known = call('HMGET', meta, 'epoch', 'log', 'cursor', 'known', 'device:' .. device, 'visible', 'version', 'seen')
  local changes = {}
  local function open()
    if fresh == '' then return false end
    local inbox = { log = log, meta = meta, most = most_held, oldest = oldest }
    local reader = { cursor = tonumber(cursor), name = device, becomes_known = true }
    return { position(inbox, reader, known, fresh, changes) }
  end
  local result = register(presence, meta, most, id, tail, ending, tonumber(place), tonumber(late), known, changes, open)
  save(meta, changes)
  return result
end))

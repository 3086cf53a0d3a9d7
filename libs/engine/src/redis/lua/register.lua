-- Adds a connection of each user and applies the device and count rules.
-- KEYS  none; on a cluster, where a call has one user only: presence, meta, watchers, inbox
-- ARGV  TTL (ms), an inbox's maximal length and age (ms), and packed as one MessagePack array, per user: presence, most connections,
--       connection id, rest of the value (after the times), the place it had before it was forgotten (0: none; less: it was asked for so many ms
--       ago), the index to enter it in ('' on a cluster, where that is in another slot, and written before), its member there; and if it opens
--       the inbox, as lua/read.lua does: cursor and device ('' for none), name for a new epoch ('': it does not)
-- Reply packed as one MessagePack array, per user: 1 if there was no live connection before, replaced {id, value, …}, live connections after it, its
--       place, 1 if it was added (0: others have its place), the gateways that watch, where it stands in the inbox (epoch, last id, first id held,
--       cursor) or false, visible status, what it was before, its version; or the error
local call = redis.call
local now, ttl = now_ms(), tonumber(ARGV[1])
local items, ITEMS = cmsgpack.unpack(ARGV[4]), 10
-- Of each user in turn, as lua/position.lua takes them.
local inbox = { log = '', meta = '', most = tonumber(ARGV[2]), oldest = now - tonumber(ARGV[3]) }
local reader = { name = '', becomes_known = true }

-- The index outlives every entry of presence that it names.
local function enter_all()
  local members = {}
  for i = 1, #items, ITEMS do
    local index, member = items[i + 5], items[i + 6]
    if index ~= '' then
      local some = members[index] or {}
      members[index] = some
      some[#some + 1] = member
    end
  end
  for index, some in pairs(members) do
    call('SADD', index, unpack(some))
    call('PEXPIRE', index, 2 * ttl)
  end
end

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

-- How every value of the same device ends ('' for none): it is what a value ends with, and JSON escapes quotes within strings.
local function ending_of(tail)
  local from = string.find(tail, ',"device":', 1, true)
  return from and string.sub(tail, from) or ''
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

-- Its place, and whether others have it. Places order connections by age, strictly within one user, and are kept when the same connection registers
-- again. `since`: the one it has; `before`: as the argument says.
local function place_of(others, most, tail, since, before)
  if since then return since, false end
  local newest = others[#others]
  if before == 0 then return newest and math.max(now, newest.since + 1) or now, false end
  local place = before > 0 and before or now + before
  return place, outranked(others, most, ending_of(tail), place)
end

-- Where it stands in the inbox, which it opens, or false. `known`: as life_of says.
local function open(i, log, meta, known, changes)
  local cursor, device, fresh = items[i + 7], items[i + 8], items[i + 9]
  if fresh == '' then return false end
  inbox.log, inbox.meta = log, meta
  reader.cursor, reader.name = tonumber(cursor), device
  return { position(inbox, reader, known, fresh, changes) }
end

-- The user whose items begin at `i`. `known`: as life_of says, and from the sixth on as seen_of says.
local function register(i, presence, log, meta, known, changes)
  local most, id, tail = items[i + 1], items[i + 2], items[i + 3]
  local all, watching = live_connections(presence, now, ttl), live_gateways(watchers_of(presence), now)
  local others, since = NONE, nil
  if #all > 0 then others, since = others_of(all, id) end
  local place, taken = place_of(others, most, tail, since, tonumber(items[i + 4]))
  if taken then
    return { 0, NONE, #all / 2, place, 0, watching, false, visible(all, now, now, changes, known[6], known[7], known[8]) }
  end

  -- In the same step: whatever is appended from here on is told to the connection.
  local opened = open(i, log, meta, known, changes)
  local value = '{"timestamp":' .. time_text(now) .. ',"since":' .. time_text(place) .. ',' .. tail
  local live, replaced = { id, value }, NONE
  if #others > 0 then
    live, replaced = make_room(presence, others, most, ending_of(tail))
    note(live, id, value)
  end
  call('HSET', presence, id, value)
  call('PEXPIRE', presence, ARGV[1])
  return {
    #all == 0 and 1 or 0, replaced, #live / 2, place, 1, watching, opened,
    visible(live, now, now, changes, known[6], known[7], known[8]),
  }
end

enter_all()
return cmsgpack.pack(each(#items / ITEMS, function(n)
  local i = ITEMS * (n - 1) + 1
  local presence, device = items[i], items[i + 8]
  local log, meta = keys_of(presence)
  local known = call('HMGET', meta, 'epoch', 'log', 'cursor', 'known', 'device:' .. device, 'visible', 'version', 'seen')
  local changes = no_changes()
  local result = register(i, presence, log, meta, known, changes)
  save(meta, changes)
  return result
end))

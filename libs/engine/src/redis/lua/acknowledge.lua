-- Moves cursors and watermarks of readers forward, each within one epoch and never past the last id of its log: many readers of one log or more in one
-- call, one after the other, as if each had a call of its own.
-- KEYS  none; on a cluster, where a call has one log only, all keys that may be touched
-- ARGV  number of devices to remember, and packed as one MessagePack array:
--       per log: owner, number of readers;
--       per reader: device ('' for none) or member, id, epoch, delivered or read
-- Reply packed as one MessagePack array, per log: per reader delivered, read, both as they were before; or, for a log that cannot be written, the
--       error: it does not harm the others
local call = redis.call
local SLICE = 1000 -- arguments that unpack may put on Lua's stack at once
local items = cmsgpack.unpack(ARGV[2])

-- The end of a log, as far as it was looked for: looking whether there is an entry from some id on costs a third of asking for the last.
local log_end = 0

-- An id as acknowledged, or the last one ever given if that is less.
local function within(log, id)
  if id > log_end then
    local entry = call('XRANGE', log, stream_id(id), '+', 'COUNT', '1')[1]
    log_end = entry and message_id(entry[1]) or last_id(log)
  end
  return math.min(id, log_end)
end

-- Delivered and read after one reader's acknowledgement at items[r].
local function forward(r, log, delivered, read)
  local id = within(log, tonumber(items[r + 1]))
  return math.max(delivered, id), items[r + 3] == 'read' and math.max(read, id) or read, id
end

-- A user's devices: each has its cursor, and the watermarks are the user's. `known`: what is known of the device.
local function acknowledge(log, meta, r, delivered, read, known)
  local to_delivered, to_read, id = forward(r, log, delivered, read)
  local changes = no_changes()
  if to_delivered > delivered then note(changes, 'cursor', string.format('%d', to_delivered)) end
  if to_read > read then note(changes, 'read', string.format('%d', to_read)) end
  local field = items[r] ~= '' and 'device:' .. items[r]
  local moves = field and id > (known and tonumber(string.match(known, '^%d+')) or 0)
  if moves then note(changes, field, string.format('%d %d', id, now_ms())) end
  save(meta, changes)
  if moves and not known then forget_oldest_device(meta, tonumber(ARGV[1]), field) end
  return to_delivered, to_read
end

local function owners(log, meta, a, count)
  local known = call('HMGET', meta, 'epoch', 'cursor', 'read', 'device:' .. items[a])
  local delivered, read = tonumber(known[2] or 0), tonumber(known[3] or 0)
  local moved = {}
  for r = a, a + 4 * (count - 1), 4 do
    local delivered_before, read_before = delivered, read
    if known[1] == items[r + 2] then
      local device = known[4]
      if r > a then device = call('HGET', meta, 'device:' .. items[r]) end
      delivered, read = acknowledge(log, meta, r, delivered, read, device)
    end
    local m = #moved
    moved[m + 1], moved[m + 2], moved[m + 3], moved[m + 4] = delivered, read, delivered_before, read_before
  end
  return moved
end

-- What members are known for: user → value of lua/member.lua.
local function values_of(members, a, count)
  local names, values = {}, {}
  for r = a, a + 4 * (count - 1), 4 do names[#names + 1] = items[r] end
  for from = 1, #names, SLICE do
    local to = math.min(from + SLICE - 1, #names)
    local some = call('HMGET', members, unpack(names, from, to))
    for i = from, to do values[names[i]] = some[i - from + 1] end
  end
  return values
end

-- Only members have a place, looked up in this same step: who has left leaves nothing behind, however late the acknowledgement.
local function readers(log, meta, members, a, count)
  local epoch, values = call('HGET', meta, 'epoch'), values_of(members, a, count)
  local moved, changed = {}, {}
  for r = a, a + 4 * (count - 1), 4 do
    local name = items[r]
    local delivered_before, read_before = 0, 0
    if values[name] then delivered_before, read_before = watermarks_of(values[name], epoch) end
    local delivered, read = delivered_before, read_before
    if values[name] and epoch == items[r + 2] then
      delivered, read = forward(r, log, delivered, read)
    end
    if delivered > delivered_before or read > read_before then
      values[name] = with_watermarks(values[name], delivered, read, epoch)
      local c = #changed
      changed[c + 1], changed[c + 2] = name, values[name]
    end
    local m = #moved
    moved[m + 1], moved[m + 2], moved[m + 3], moved[m + 4] = delivered, read, delivered_before, read_before
  end
  for from = 1, #changed, SLICE do
    call('HSET', members, unpack(changed, from, math.min(from + SLICE - 1, #changed)))
  end
  return moved
end

local function nowhere(count)
  local moved = {}
  for i = 1, 4 * count do moved[i] = 0 end
  return moved
end

local function advance(owner, a, count)
  local inbox = string.sub(owner, 1, 9) == 'presence:'
  local log, meta = (inbox and 'inbox:{' or 'log:{') .. owner .. '}', 'meta:{' .. owner .. '}'
  if call('EXISTS', log) == 0 then return nowhere(count) end
  log_end = 0
  if inbox then return owners(log, meta, a, count) end
  return readers(log, meta, 'members:{' .. owner .. '}', a, count)
end

local reply, a = {}, 1
while a <= #items do
  local owner, count = items[a], items[a + 1]
  local ok, moved = pcall(advance, owner, a + 2, count)
  reply[#reply + 1] = ok and moved or type(moved) == 'table' and moved.err or tostring(moved)
  a = a + 2 + 4 * count
end
return cmsgpack.pack(reply)

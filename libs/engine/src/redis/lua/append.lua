-- Appends to one log or more: conditions, idempotency, next ids, storing, and who is connected or subscribed, in one atomic step.
-- KEYS  none; on a cluster, where a call has one log only, all keys that may be touched
-- ARGV  maximal length, maximal age, idempotency window, presence TTL (ms), name for a new epoch, and packed as one MessagePack array, which is
--       cheaper for both sides than thousands of arguments:
--       per log: owner, number of messages, items per message (1 or 2);
--       per message: idempotency field ('' for none), condition ('' for none, k: the user is known, m<user>: that user is a member);
--       then number of entries to store them in, and per entry: number of messages (of the first: 1), bodies (entries.lua);
--       with a single message to an inbox, to publish it (publish.lua): channel, preamble, user
-- Reply packed as one MessagePack array: now; per log: epoch ('' if there is none), id of the first message stored, not stored {index from 0, id of
--       the first (0: refused), time, …}, connections {id, value, …} or, of a conversation, gateways {field, …};
--       or, for a log that cannot be written: false, the error, {}, {}. It does not harm the others of the call. Last, if it was published: {gateway, …}
local call = redis.call
local SLICE = 1000 -- arguments that unpack may put on Lua's stack at once
-- A value longer than hash-max-listpack-value: a hash that holds it is a table from its first field on. As a list of pairs, which Redis keeps
-- of up to 512, each look into it would compare half of them.
local WIDE = '-----------------------------------------------------------------'
local items = cmsgpack.unpack(ARGV[6])
local now = now_ms()
local stamp = string.format('%d', now)
local window, fresh = tonumber(ARGV[3]), ARGV[5]
local generation = math.floor(now / window)
local this, before = string.format('%d', generation), string.format('%d', generation - 1)
local offset = string.format(':%d', now - generation * window)

-- Growing a table costs more than what is put into it: one set of them for all logs of a call, each with as much of it valid as is counted.
local fields, new, met = { nil }, { nil, nil }, {}

-- Where the generation of that name remembers.
local function memory_of(owner, name)
  return 'idem:{' .. owner .. '}:' .. name
end

-- Adds what one generation remembers of the first `count` fields to `seen` (field → id) and `times` (field → ms); its values are
-- <id>:<ms since the window began>.
local function look_up(key, began, count, seen, times)
  for from = 1, count, SLICE do
    local to = math.min(from + SLICE - 1, count)
    local values = call('HMGET', key, unpack(fields, from, to))
    for i = from, to do
      local value = values[i - from + 1]
      if value then
        if seen == NONE then seen, times = {}, {} end
        local id, since = string.match(value, '^(%d+):(%d+)$')
        seen[fields[i]], times[fields[i]] = tonumber(id), began + since
      end
    end
  end
  return seen, times
end

-- Gathers the idempotency fields of the messages at items[a]: how many, and whether one comes twice. `log`: any name for it.
local function fields_of(log, a, count, width)
  local found, repeated = 0, false
  for i = a, a + width * (count - 1), width do
    local field = items[i]
    if field ~= '' then
      repeated = repeated or met[field] == log
      met[field] = log
      found = found + 1
      fields[found] = field
    end
  end
  return found, repeated
end

-- What is remembered of the first `count` fields: field → id, field → ms. `latest` and `earlier`: the last two windows that anything was
-- remembered in; only those are looked into.
local function duplicates_of(log, owner, latest, earlier, count)
  local seen, times = NONE, NONE
  if count == 0 then return seen, times end
  if latest == before or earlier == before then
    seen, times = look_up(memory_of(owner, before), (generation - 1) * window, count, seen, times)
  end
  if latest == this or earlier == this then
    seen, times = look_up(memory_of(owner, this), generation * window, count, seen, times)
  end
  if seen ~= NONE and call('EXISTS', log) == 0 then
    -- The log was lost and its idempotency was not: what it remembers is stored no more.
    call('DEL', memory_of(owner, before), memory_of(owner, this))
    return NONE, NONE
  end
  return seen, times
end

-- Length and age are looked at once in 32 ids, and up to 1,024 that are too old are removed then. What is too much until then nobody is shown.
local function trim(log, first, last)
  if math.floor(last / 32) == math.floor((first - 1) / 32) then return end
  local max_length, max_age = tonumber(ARGV[1]), tonumber(ARGV[2])
  local head = call('XRANGE', log, '-', '+', 'COUNT', '1')[1]
  local held, allowed = first_id_of(head), last - max_length + 1
  if held < allowed then
    call('XTRIM', log, 'MINID', '=', stream_id(allowed))
    held = allowed
  end
  if tonumber(head[2][1]) < now - max_age then trim_by_age(log, held, last, now - max_age, 1024) end
end

-- Whether a message may be stored; asked once per condition and log.
local function holds(condition, meta, members, asked)
  if asked[condition] == nil then
    if condition == 'k' then
      asked[condition] = call('HEXISTS', meta, 'known') == 1
    else
      asked[condition] = call('HEXISTS', members, string.sub(condition, 2)) == 1
    end
  end
  return asked[condition]
end

-- All bodies of the entries at items[c].
local function bodies_at(c, entries)
  local bodies = {}
  for i = c, c + 2 * entries - 1, 2 do
    local some = items[i] == 1 and { items[i + 1] } or { cmsgpack.unpack(items[i + 1]) }
    for b = 1, #some do bodies[#bodies + 1] = some[b] end
  end
  return bodies
end

-- Stores what comes behind the message `first`: in the entries that it came in, or where some is not to be stored, each message as an entry of its own.
local function store_rest(log, first, c, entries, bodies, unstored)
  local id, u = first, 1
  if unstored == NONE then
    for i = c + 2, c + 2 * entries - 1, 2 do
      local count, body = items[i], items[i + 1]
      id = id + count
      if count == 1 then
        call('XADD', log, stream_id(id), stamp, body)
      else
        call('XADD', log, stream_id(id), stamp, body, '', string.format('%d', count))
      end
    end
    return
  end
  bodies, id = bodies or bodies_at(c, entries), first - 1
  for i = 1, #bodies do
    if unstored[u] == i - 1 then
      u = u + 3
    else
      id = id + 1
      if id > first then call('XADD', log, stream_id(id), stamp, bodies[i]) end
    end
  end
end

local function append(owner, a, count, width, c, entries)
  local log, meta, members = keys_of(owner)
  local known = call('HMGET', meta, 'epoch', 'idem', 'idem0')
  local epoch, remembering = known[1], known[2]
  local found, repeated = fields_of(log, a, count, width)
  local seen, times = duplicates_of(log, owner, remembering, known[3], found)
  if repeated and seen == NONE then seen = {} end

  -- The first message is an entry of its own, which says what id it got.
  local first, last, bodies, unstored, asked, remembered = nil, nil, nil, NONE, nil, 0
  for i = 0, count - 1 do
    local e = a + width * i
    local field = items[e]
    local id, condition = seen[field], width == 2 and items[e + 1] or ''
    if condition ~= '' then asked = asked or {} end
    if id or condition ~= '' and not holds(condition, meta, members, asked) then
      if unstored == NONE then unstored = {} end
      local u = #unstored
      unstored[u + 1], unstored[u + 2], unstored[u + 3] = i, id or 0, times[field] or now
    else
      if last then
        last = last + 1
      else
        if i > 0 then bodies = bodies_at(c, entries) end
        local body = bodies and bodies[i + 1] or items[c + 1]
        local at = call('XADD', log, 'NOMKSTREAM', '0-*', stamp, body)
        if not at then
          local changes = { 'log', '1' }
          epoch = epoch_without_stream(meta, epoch, call('HGET', meta, 'log'), fresh, changes)
          remembering = nil
          at = call('XADD', log, '0-*', stamp, body)
          save(meta, changes)
        end
        first = message_id(at)
        last = first
      end
      if field ~= '' then
        if repeated then seen[field] = last end
        new[remembered + 1], new[remembered + 2] = field, string.format('%d', last) .. offset
        remembered = remembered + 2
      end
    end
  end
  if last and last > first then store_rest(log, first, c, entries, bodies, unstored) end

  if not epoch and count > 0 and call('EXISTS', log) == 0 then
    -- All were refused: that must not make a log.
    epoch = ''
  elseif not epoch then
    epoch = fresh
    call('HSET', meta, 'epoch', fresh)
    if call('EXISTS', log) == 1 then call('HSET', meta, 'log', '1') end
  end
  if remembered > 0 then
    local current = memory_of(owner, this)
    -- No idempotency field is empty.
    if remembering ~= this then call('HSET', current, '', WIDE) end
    for from = 1, remembered, SLICE do
      call('HSET', current, unpack(new, from, math.min(from + SLICE - 1, remembered)))
    end
    if remembering ~= this then
      -- Looked at for the last time at the end of the next window.
      call('PEXPIREAT', current, string.format('%d', (generation + 2) * window))
      call('HSET', meta, 'idem', this, 'idem0', remembering or '')
    end
  end
  if last then trim(log, first, last) end

  if not members then
    return epoch, first or 0, unstored, live_connections(owner, now, tonumber(ARGV[4]))
  end
  return epoch, first or 0, unstored, live_gateways('subscribers:{' .. owner .. '}', now)
end

local reply = { now, nil, nil, nil, nil }
local a, r = 1, 1
while a <= #items do
  local owner, count, width = items[a], items[a + 1], items[a + 2]
  local c = a + 4 + width * count
  local entries = items[c - 1]
  local ok, epoch, first, unstored, where = pcall(append, owner, a + 3, count, width, c, entries)
  if ok then
    reply[r + 1], reply[r + 2], reply[r + 3], reply[r + 4] = epoch, first, unstored, where
  else
    local err = type(epoch) == 'table' and epoch.err or tostring(epoch)
    reply[r + 1], reply[r + 2], reply[r + 3], reply[r + 4] = false, err, {}, {}
  end
  a, r = c + 2 * entries, r + 4
end
if ARGV[7] and reply[3] and reply[3] ~= 0 and #reply[5] > 0 then
  -- One message to one log: its body is the last item.
  reply[6] = publish(reply[5], { ARGV[9], reply[2], { { reply[3], now, items[#items] } } })
end
return cmsgpack.pack(reply)

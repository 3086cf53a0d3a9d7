-- Reads a page of a log for each reader, after a given cursor, one found by time, or the reader's saved one.
-- KEYS  per reader: log, meta, members (of an inbox: its meta again)
-- ARGV  maximal length, maximal age (ms), messages that all pages may hold together, but for 8 on each; per reader: 1 if the log is a conversation's,
--       cursor ('' for none), device or reader ('' for none), limit, name for a new epoch, time (ms) to find a cursor by ('' for none),
--       1 if whoever opens an inbox is known from now on
-- Reply per reader: epoch, last id, first id held, cursor, id of the page's first entry, {time, body, …}; or the error
local call = redis.call
local most, oldest, budget = tonumber(ARGV[1]), now_ms() - tonumber(ARGV[2]), tonumber(ARGV[3])
local A_FEW = 8

-- The ids that the log holds, first to last; `trim_by_age` may remove some.
local function held(log)
  local info = call('XINFO', 'STREAM', log)
  local last, head = 0, nil
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      last = message_id(info[i + 1])
    elseif info[i] == 'first-entry' then
      head = info[i + 1]
    end
  end
  local first = head and math.max(first_id_of(head), last - most + 1) or last + 1
  return trim_by_age(log, first, last, oldest, 10240), last
end

-- How many messages an entry holds shows when it is read: a few first, then as many entries as those before let expect. Ends before a hole, which
-- only somebody else can have made.
local function read_page(log, from, last, limit)
  local page, size, count = {}, 0, math.min(limit, A_FEW)
  while size < limit and from + size <= last do
    local entries = call('XRANGE', log, stream_id(from + size), '+', 'COUNT', count)
    local before = size
    for e = 1, #entries do
      local id, fields = first_id_of(entries[e]), entries[e][2]
      for f = 2, #fields, 2 do
        if id == from + size and size < limit then
          size = size + 1
          page[2 * size - 1], page[2 * size] = tonumber(fields[1]), fields[f]
        end
        id = id + 1
      end
    end
    if size == before then break end
    count = math.ceil((limit - size) * #entries / (size - before))
  end
  budget = budget - size
  return page
end

local function read(log, meta, members, cursor, reader, limit, fresh, since, becomes_known)
  local known = call('HMGET', meta, 'epoch', 'cursor', 'device:' .. reader, 'known')
  local epoch, first, last = known[1], 1, 0
  if call('EXISTS', log) == 1 then
    first, last = held(log)
    if not epoch then
      epoch = fresh
      call('HSET', meta, 'epoch', epoch, 'log', 1)
    end
  else
    epoch = epoch_without_stream(meta, epoch, fresh)
    if epoch ~= known[1] then known = { false, false, false, known[4] } end
  end
  if becomes_known and not known[4] and not members then call('HSET', meta, 'known', 1) end

  local function saved_cursor()
    if members then return (watermarks_of(call('HGET', members, reader), epoch)) end
    local device = reader ~= '' and known[3]
    return tonumber(device and string.match(device, '^%d+') or known[2] or 0)
  end
  if not cursor then cursor = since and first_after(log, first, last, since) - 1 or saved_cursor() end

  local from = math.max(cursor + 1, first)
  local page = read_page(log, from, last, math.min(limit, math.max(budget, A_FEW)))
  return { epoch, last, first, cursor, from, page }
end

return each(#KEYS / 3, function(i)
  local log, meta, members = unpack(KEYS, 3 * i - 2, 3 * i)
  local conversation, cursor, reader, limit, fresh, since, becomes_known = unpack(ARGV, 7 * i - 3, 7 * i + 3)
  if conversation ~= '1' then members = nil end
  return read(log, meta, members, tonumber(cursor), reader, tonumber(limit), fresh, tonumber(since), becomes_known == '1')
end)

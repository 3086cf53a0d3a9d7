-- Reads a page of a log, after a given cursor, one found by time, or the reader's saved one.
-- KEYS  log, meta; of a conversation: members
-- ARGV  cursor ('' for none), device or reader ('' for none), limit, maximal length, maximal age (ms), name for a new epoch,
--       time (ms) to find a cursor by ('' for none), 1 if whoever opens an inbox is known from now on
-- Reply epoch, last id, first id held, cursor, id of the page's first entry, {time, body, …}
local call = redis.call
local log, meta = KEYS[1], KEYS[2]
local known = call('HMGET', meta, 'epoch', 'cursor', 'device:' .. ARGV[2], 'known')
local epoch = known[1]
local first, last = 1, 0

if call('EXISTS', log) == 1 then
  local info = call('XINFO', 'STREAM', log)
  local head
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      last = message_id(info[i + 1])
    elseif info[i] == 'first-entry' then
      head = info[i + 1]
    end
  end
  first = head and math.max(first_id_of(head), last - tonumber(ARGV[4]) + 1) or last + 1
  first = trim_by_age(log, first, last, now_ms() - tonumber(ARGV[5]), 10240)
  if not epoch then
    epoch = ARGV[6]
    call('HSET', meta, 'epoch', epoch, 'log', 1)
  end
else
  epoch = epoch_without_stream(meta, epoch, ARGV[6])
  if epoch ~= known[1] then known = { false, false, false, known[4] } end
end
if ARGV[8] == '1' and not known[4] and not KEYS[3] then
  call('HSET', meta, 'known', 1)
end

local function saved_cursor()
  if KEYS[3] then
    return (watermarks_of(call('HGET', KEYS[3], ARGV[2]), epoch))
  end
  local device = ARGV[2] ~= '' and known[3]
  return tonumber(device and string.match(device, '^%d+') or known[2] or 0)
end

local cursor = tonumber(ARGV[1])
if not cursor then
  local since = tonumber(ARGV[7])
  cursor = since and first_after(log, first, last, since) - 1 or saved_cursor()
end

-- How many messages an entry holds shows when it is read: a few first, then as many entries as those before let expect. Ends before a hole, which
-- only somebody else can have made.
local function read_page(from, limit)
  local page, size, count = {}, 0, math.min(limit, 8)
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
  return page
end

local from = math.max(cursor + 1, first)
return { epoch, last, first, cursor, from, read_page(from, tonumber(ARGV[3])) }

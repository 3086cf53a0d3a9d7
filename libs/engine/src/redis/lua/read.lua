-- Reads a page of a log, after a given cursor, one found by time, or the reader's saved one.
-- KEYS  log, meta; of a conversation: members
-- ARGV  cursor ('' for none), device or reader ('' for none), limit, maximal age (ms), name for a new epoch,
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
      last = tonumber(string.sub(info[i + 1], 3))
    elseif info[i] == 'first-entry' then
      head = info[i + 1]
    end
  end
  first = head and tonumber(string.sub(head[1], 3)) or last + 1
  first = trim_by_age(log, first, last, now_ms() - tonumber(ARGV[4]), 10240)
  if not epoch then
    epoch = ARGV[5]
    call('HSET', meta, 'epoch', epoch, 'log', 1)
  end
else
  epoch = epoch_without_stream(meta, epoch, ARGV[5])
  if epoch ~= known[1] then known = { false, false, false, known[4] } end
end
if ARGV[7] == '1' and not known[4] and not KEYS[3] then
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
  local since = tonumber(ARGV[6])
  cursor = since and first_after(log, first, last, since) - 1 or saved_cursor()
end

local page, from = {}, math.max(cursor + 1, first)
if from <= last then
  local entries = call('XRANGE', log, string.format('0-%.0f', from), '+', 'COUNT', ARGV[3])
  for i = 1, #entries do
    local fields = entries[i][2]
    page[2 * i - 1], page[2 * i] = tonumber(fields[1]), fields[2]
  end
end
return { epoch, last, first, cursor, from, page }

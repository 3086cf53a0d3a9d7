-- Library: looking at a log without a page of it.

-- The newest id ever given; the stream is there.
local function last_id(log)
  local info = redis.call('XINFO', 'STREAM', log)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.sub(info[i + 1], 3)) end
  end
end

-- Epoch ('' for a log that nobody has opened, read or written) and newest id.
local function look_at(log, meta, fresh)
  local known = redis.call('HMGET', meta, 'epoch', 'log')
  local epoch = known[1]
  if redis.call('EXISTS', log) == 0 then
    -- What has a name leaves nothing to be saved.
    return epoch and epoch_without_stream(meta, epoch, known[2], fresh, {}) or '', 0
  end
  if not epoch then
    epoch = fresh
    redis.call('HSET', meta, 'epoch', epoch, 'log', '1')
  end
  return epoch, last_id(log)
end

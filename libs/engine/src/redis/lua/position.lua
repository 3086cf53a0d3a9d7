-- Library: where a reader stands in a log, which that begins if nobody has used it.

-- The ids that the log holds, first to last, of those younger than `oldest`; older ones may go.
local function held(log, most, oldest)
  local info = redis.call('XINFO', 'STREAM', log)
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

-- `log`: its keys log, meta, and of a conversation members; most: its maximal length; oldest: what is stored before that time is held no more.
-- `reader`: cursor (nil: none), since (nil: else a time to find it by), name (a device or member; '': none), becomes_known (whoever opens an inbox is
-- known from now on). Returns epoch (`fresh` where it begins), last id, first id held, cursor.
local function position(log, reader, fresh)
  local call, meta, stream = redis.call, log.meta, log.log
  local known = call('HMGET', meta, 'epoch', 'cursor', 'device:' .. reader.name, 'known')
  local epoch, first, last = known[1], 1, 0
  if call('EXISTS', stream) == 1 then
    first, last = held(stream, log.most, log.oldest)
    if not epoch then
      epoch = fresh
      call('HSET', meta, 'epoch', epoch, 'log', 1)
    end
  else
    epoch = epoch_without_stream(meta, epoch, fresh)
    if epoch ~= known[1] then known = { false, false, false, known[4] } end
  end
  if reader.becomes_known and not known[4] and not log.members then call('HSET', meta, 'known', 1) end
  if reader.cursor then return epoch, last, first, reader.cursor end
  if reader.since then return epoch, last, first, first_after(stream, first, last, reader.since) - 1 end
  if log.members then return epoch, last, first, (watermarks_of(call('HGET', log.members, reader.name), epoch)) end
  local device = reader.name ~= '' and known[3]
  return epoch, last, first, tonumber(device and string.match(device, '^%d+') or known[2] or 0)
end

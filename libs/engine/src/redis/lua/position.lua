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

-- What `position` has to know of a log's meta: epoch, whether the stream was there, cursor, whether the user is known, and the cursor of `reader`.
local function life_of(meta, reader)
  return redis.call('HMGET', meta, 'epoch', 'log', 'cursor', 'known', 'device:' .. reader)
end

-- `log`: its keys log, meta, and of a conversation members; most: its maximal length; oldest: what is stored before that time is held no more.
-- `reader`: cursor (nil: none), since (nil: else a time to find it by), name (a device or member; '': none), becomes_known (whoever opens an inbox is
-- known from now on). `life`: as life_of says; `changes`: what is to be saved is added to them. Returns epoch (`fresh` where it begins), last id, first
-- id held, cursor.
local function position(log, reader, life, fresh, changes)
  local call, meta, stream = redis.call, log.meta, log.log
  local epoch, had, cursor, known, device = life[1], life[2], life[3], life[4], life[5]
  local first, last = 1, 0
  if call('EXISTS', stream) == 1 then
    first, last = held(stream, log.most, log.oldest)
    if not epoch then
      note(changes, 'epoch', fresh)
      note(changes, 'log', '1')
    end
    epoch = epoch or fresh
  else
    local named = epoch_without_stream(meta, epoch, had, fresh, changes)
    -- Nothing of an earlier life counts in a new one.
    if named ~= epoch then cursor, device = nil, nil end
    epoch = named
  end
  if reader.becomes_known and not known and not log.members then
    note(changes, 'known', '1')
  end
  if reader.cursor then return epoch, last, first, reader.cursor end
  if reader.since then return epoch, last, first, first_after(stream, first, last, reader.since) - 1 end
  if log.members then return epoch, last, first, (watermarks_of(call('HGET', log.members, reader.name), epoch)) end
  local own = reader.name ~= '' and device
  return epoch, last, first, tonumber(own and string.match(own, '^%d+') or cursor or 0)
end

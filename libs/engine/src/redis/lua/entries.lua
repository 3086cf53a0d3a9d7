-- Library: the entries of a log, finding and trimming. An entry holds one message, {time, body}, or several of one append, {time, bodies, '', number},
-- their bodies texts of MessagePack one behind the other. Its id is that of its last message. Ids within a log are contiguous and times rise with
-- them, so a border is found by halving.

local function stream_id(id)
  return string.format('0-%d', id)
end

local function message_id(id)
  return tonumber(string.sub(id, 3))
end

-- How many messages an entry of these fields holds.
local function count_of(fields)
  return fields[4] and tonumber(fields[4]) or 1
end

-- Of the entry's first message.
local function first_id_of(entry)
  return message_id(entry[1]) - count_of(entry[2]) + 1
end

local function timestamp_at(log, id)
  local entry = redis.call('XRANGE', log, stream_id(id), '+', 'COUNT', '1')[1]
  return entry and tonumber(entry[2][1]) or math.huge
end

-- The oldest of the ids first … last that is stored after `time` (last + 1 if none is).
local function first_after(log, first, last, time)
  if first > last or timestamp_at(log, first) > time then
    return first
  end
  local before, after = first, last + 1
  while after - before > 1 do
    local middle = math.floor((before + after) / 2)
    if timestamp_at(log, middle) > time then after = middle else before = middle end
  end
  return after
end

-- Returns the oldest id that is younger than `cutoff` (last + 1 if none is), and removes up to `limit` of those before it, as far as no entry
-- holds others too.
local function trim_by_age(log, first, last, cutoff, limit)
  local kept = first_after(log, first, last, cutoff - 1)
  if kept > first then
    redis.call('XTRIM', log, 'MINID', '=', stream_id(math.min(kept, first + limit)))
  end
  return kept
end

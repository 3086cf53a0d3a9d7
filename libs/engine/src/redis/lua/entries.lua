-- Library: the entries of a log, finding and trimming. An entry holds what one append brought, {time, body, '', body, …}, and has the id of its
-- last message. Ids within a log are contiguous and times rise with them, so a border is found by halving.

local function stream_id(id)
  return string.format('0-%.0f', id)
end

-- Of the entry's last message.
local function id_of(entry)
  return tonumber(string.sub(entry[1], 3))
end

local function first_id_of(entry)
  return id_of(entry) - #entry[2] / 2 + 1
end

local function timestamp_at(log, id)
  local entry = redis.call('XRANGE', log, stream_id(id), '+', 'COUNT', 1)[1]
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

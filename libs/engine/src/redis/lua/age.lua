-- Library: finding and trimming by age. Ids within a log are contiguous and times rise with them, so a border is found by halving.

local function timestamp_at(log, id)
  local at = string.format('0-%.0f', id)
  local entry = redis.call('XRANGE', log, at, at)[1]
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

-- Returns the oldest id that is younger than `cutoff` (last + 1 if none is), and removes up to `limit` of those before it.
local function trim_by_age(log, first, last, cutoff, limit)
  local kept = first_after(log, first, last, cutoff - 1)
  if kept > first then
    redis.call('XTRIM', log, 'MINID', '=', string.format('0-%.0f', math.min(kept, first + limit)))
  end
  return kept
end

-- Library: trimming by age. Ids within a log are contiguous and times rise with them, so the border is found by halving.

local function timestamp_at(log, id)
  local at = string.format('0-%.0f', id)
  local entry = redis.call('XRANGE', log, at, at)[1]
  return entry and tonumber(entry[2][2]) or math.huge
end

-- Returns the oldest id that is younger than `cutoff` (last + 1 if none is), and removes up to `limit` of those before it.
local function trim_by_age(log, first, last, cutoff, limit)
  if first > last or timestamp_at(log, first) >= cutoff then
    return first
  end
  local old, kept = first, last + 1
  while kept - old > 1 do
    local middle = math.floor((old + kept) / 2)
    if timestamp_at(log, middle) < cutoff then old = middle else kept = middle end
  end
  redis.call('XTRIM', log, 'MINID', '=', string.format('0-%.0f', math.min(kept, first + limit)))
  return kept
end

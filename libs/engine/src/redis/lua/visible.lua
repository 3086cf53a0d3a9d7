-- Library: what others see of a user: the best status of the live connections. meta: visible, version = when it changed (strictly rising), seen.

-- The status, what it was before, its version, and when the user was last visible (false if never). `left`: when, if the user is found to be visible no more.
local function visible(meta, live, now, left)
  local best = 'offline'
  for i = 2, #live, 2 do
    -- Within a JSON string its quotes would be escaped, so nothing else looks like that.
    local status = string.match(live[i], ',"status":"(%a+)"')
    if status == 'online' or status == 'away' and best == 'offline' then best = status end
  end
  local was = redis.call('HMGET', meta, 'visible', 'version', 'seen')
  local version, seen = tonumber(was[2] or was[3] or 0), was[3]
  local before = was[1] or 'offline'
  if best == before then return best, before, version, seen end
  version = math.max(now, version + 1)
  redis.call('HSET', meta, 'visible', best, 'version', string.format('%.0f', version))
  if best == 'offline' then
    seen = string.format('%.0f', left)
    redis.call('HSET', meta, 'seen', seen)
  end
  return best, before, version, seen
end

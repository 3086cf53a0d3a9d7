-- Library: what others see of a user: the best status of the live connections. meta: visible, version = when it changed (strictly rising), seen.

-- What `visible` has to know of a user's meta.
local function seen_of(meta)
  return redis.call('HMGET', meta, 'visible', 'version', 'seen')
end

-- The status, what it was before, its version, and when the user was last visible (false if never). `left`: when, if the user is found to be visible no
-- more. `status`, `version`, `seen`: as seen_of says; `changes`: what is to be saved is added to them.
local function visible(live, now, left, changes, status, version, seen)
  local best = 'offline'
  for i = 2, #live, 2 do
    -- Within a JSON string its quotes would be escaped, so nothing else looks like that.
    local one = string.match(live[i], ',"status":"(%a+)"')
    if one == 'online' or one == 'away' and best == 'offline' then best = one end
  end
  local before = status or 'offline'
  version = tonumber(version or seen or 0)
  if best == before then return best, before, version, seen end
  version = math.max(now, version + 1)
  note(changes, 'visible', best, 'version', time_text(version))
  if best == 'offline' then
    seen = time_text(left)
    note(changes, 'seen', seen)
  end
  return best, before, version, seen
end

-- As visible, of a user of whose meta nothing else is asked.
local function look_and_save(meta, live, now, left)
  local changes = {}
  local best, before, version, seen = visible(live, now, left, changes, unpack(seen_of(meta), 1, 3))
  save(meta, changes)
  return best, before, version, seen
end

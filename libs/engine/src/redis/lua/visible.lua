-- Library: what others see of a user: the best status of the live connections. meta: visible, version = when it changed (strictly rising), seen.

-- What `visible` has to know of a user's meta.
local function seen_of(meta)
  return redis.call('HMGET', meta, 'visible', 'version', 'seen')
end

-- Within a JSON string its quotes would be escaped, so nothing else looks like that. Found as they stand there: a pattern costs ten times as much.
local ONLINE, AWAY = ',"status":"online"', ',"status":"away"'

local function best_of(live)
  local best = 'offline'
  for i = 2, #live, 2 do
    if string.find(live[i], ONLINE, 1, true) then return 'online' end
    if string.find(live[i], AWAY, 1, true) then best = 'away' end
  end
  return best
end

-- The status, what it was before, its version, and when the user was last visible (false if never). `left`: when, if the user is found to be visible no
-- more. `status`, `version`, `seen`: as seen_of says; `changes`: what is to be saved is added to them.
local function visible(live, now, left, changes, status, version, seen)
  local best, before = best_of(live), status or 'offline'
  version = tonumber(version or seen or 0)
  if best == before then return best, before, version, seen end
  version = math.max(now, version + 1)
  note(changes, 'visible', best)
  note(changes, 'version', time_text(version))
  if best == 'offline' then
    seen = time_text(left)
    note(changes, 'seen', seen)
  end
  return best, before, version, seen
end

-- As visible, of a user of whose meta nothing else is asked.
local function look_and_save(meta, live, now, left)
  local changes, known = no_changes(), seen_of(meta)
  local best, before, version, seen = visible(live, now, left, changes, known[1], known[2], known[3])
  save(meta, changes)
  return best, before, version, seen
end

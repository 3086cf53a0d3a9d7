-- Adds a connection and applies the device and count rules.
-- KEYS  presence, meta
-- ARGV  TTL (ms), most connections, connection id, rest of the value (after the times), ending of a value of the same device ('' for none)
-- Reply 1 if the user had no live connection before, replaced {id, value, …}, live {id, value, …}, visible status, what it was before, its version
local call = redis.call
local presence, id, ending = KEYS[1], ARGV[3], ARGV[5]
local now, ttl = now_ms(), tonumber(ARGV[1])
local all = live_connections(presence, now, ttl)

-- `since` orders connections by age, strictly within one user, and is kept when the same connection registers again.
local since, latest = nil, 0
local others = {}
for i = 1, #all, 2 do
  local at = tonumber(string.sub(all[i + 1], 36, 48))
  latest = math.max(latest, at)
  if all[i] == id then
    since = at
  else
    others[#others + 1] = { id = all[i], value = all[i + 1], since = at }
  end
end
since = since or math.max(now, latest + 1)
table.sort(others, function(a, b) return a.since < b.since end)

local kept, replaced = {}, {}
local function replace(other)
  replaced[#replaced + 1] = other.id
  replaced[#replaced + 1] = other.value
  call('HDEL', presence, other.id)
end
for _, other in ipairs(others) do
  if ending ~= '' and string.sub(other.value, -#ending) == ending then
    replace(other)
  else
    kept[#kept + 1] = other
  end
end
while #kept > 0 and #kept + 1 > tonumber(ARGV[2]) do
  replace(table.remove(kept, 1))
end

local value = string.format('{"timestamp":%.0f,"since":%.0f,', now, since) .. ARGV[4]
call('HSET', presence, id, value)
call('PEXPIRE', presence, ttl)
local live = {}
for _, other in ipairs(kept) do
  live[#live + 1] = other.id
  live[#live + 1] = other.value
end
live[#live + 1] = id
live[#live + 1] = value
return { #all == 0 and 1 or 0, replaced, live, visible(KEYS[2], live, now, now) }

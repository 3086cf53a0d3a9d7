-- How a user stands in conversations.
-- KEYS  per conversation: log, meta, members
-- ARGV  user
-- Reply per conversation: 1 if the user is a member, last id, its time (0 if not held), what the user has read
local call = redis.call
local reply = {}
for k = 1, #KEYS, 3 do
  local value = call('HGET', KEYS[k + 2], ARGV[1])
  local last, at, read, _ = 0, 0, 0, nil
  if value and call('EXISTS', KEYS[k]) == 1 then
    local entry = call('XREVRANGE', KEYS[k], '+', '-', 'COUNT', '1')[1]
    if entry then
      last, at = tonumber(string.sub(entry[1], 3)), tonumber(entry[2][1])
    else
      last = last_id(KEYS[k])
    end
    _, read = watermarks_of(value, call('HGET', KEYS[k + 1], 'epoch'))
  end
  local r = #reply
  reply[r + 1], reply[r + 2], reply[r + 3], reply[r + 4] = value and 1 or 0, last, at, read
end
return reply

-- Takes or renews leases, all or none; drops those that have run out; lists the live ones.
-- Values start with {"expires":<13 digits> and end with ,"incarnation":"…"}.
-- KEYS  leases
-- ARGV  life (ms); per lease: field, value after the time, the value's ending that names the incarnation, and both as the next incarnation
-- Reply nil if one is another's, else {1 if they are held as the next incarnation, remaining ms, value, …}
local call = redis.call
local key, now, life = KEYS[1], now_ms(), tonumber(ARGV[1])
local all = call('HGETALL', key)
local live = {}
for i = 1, #all, 2 do
  if (tonumber(string.sub(all[i + 1], 12, 24)) or 0) > now then
    live[all[i]] = all[i + 1]
  else
    call('HDEL', key, all[i])
  end
end
local function held_by(holder, ending)
  return holder and string.sub(holder, -#ending) == ending
end
local renewed = 0
for i = 2, #ARGV, 5 do
  local holder = live[ARGV[i]]
  local own = held_by(holder, ARGV[i + 2])
  if holder and not own and not held_by(holder, ARGV[i + 4]) then
    return false
  end
  if not own then renewed = 1 end
end
for i = 2, #ARGV, 5 do
  local value = string.format('{"expires":%d', now + life) .. ARGV[i + 1 + 2 * renewed]
  live[ARGV[i]] = value
  call('HSET', key, ARGV[i], value)
end
local reply = { renewed }
for _, value in pairs(live) do
  reply[#reply + 1] = tonumber(string.sub(value, 12, 24)) - now
  reply[#reply + 1] = value
end
return reply

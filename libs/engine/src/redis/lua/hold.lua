-- Takes or renews leases, all or none; drops those that have run out; lists the live ones.
-- Values start with {"expires":<13 digits> and end with ,"incarnation":"…"}.
-- KEYS  leases
-- ARGV  life (ms); per lease: field, value after the time, the value's ending that names the incarnation
-- Reply nil if one is another's, else {remaining ms, value, …}
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
for i = 2, #ARGV, 3 do
  local holder, ending = live[ARGV[i]], ARGV[i + 2]
  if holder and string.sub(holder, -#ending) ~= ending then
    return false
  end
end
for i = 2, #ARGV, 3 do
  local value = string.format('{"expires":%.0f', now + life) .. ARGV[i + 1]
  live[ARGV[i]] = value
  call('HSET', key, ARGV[i], value)
end
local reply = {}
for _, value in pairs(live) do
  reply[#reply + 1] = tonumber(string.sub(value, 12, 24)) - now
  reply[#reply + 1] = value
end
return reply

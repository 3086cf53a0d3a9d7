-- Library: a user names devices as it likes, so their number is bounded: the one that acknowledged least lately is forgotten.
local function forget_oldest_device(meta, limit, newest)
  if redis.call('HLEN', meta) <= limit then return end
  local all = redis.call('HGETALL', meta)
  local count, oldest, oldest_at = 0, nil, math.huge
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 7) == 'device:' then
      count = count + 1
      local at = tonumber(string.match(all[i + 1], '%d+$'))
      if all[i] ~= newest and at < oldest_at then oldest, oldest_at = all[i], at end
    end
  end
  if count > limit and oldest then redis.call('HDEL', meta, oldest) end
end

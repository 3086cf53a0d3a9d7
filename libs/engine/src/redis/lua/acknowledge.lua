-- Moves cursors forward, within one epoch and never past the last id.
-- KEYS  log, meta
-- ARGV  device ('' for none), id, epoch, number of devices to remember
-- Reply the owner's cursor
local call = redis.call
local log, meta = KEYS[1], KEYS[2]
local field = 'device:' .. ARGV[1]
local known = call('HMGET', meta, 'epoch', 'cursor', field)
local owner = tonumber(known[2] or 0)
if known[1] ~= ARGV[3] or call('EXISTS', log) == 0 then
  return owner
end

local last = 0
local info = call('XINFO', 'STREAM', log)
for i = 1, #info, 2 do
  if info[i] == 'last-generated-id' then last = tonumber(string.sub(info[i + 1], 3)) end
end
local id = math.min(tonumber(ARGV[2]), last)

if id > owner then
  owner = id
  call('HSET', meta, 'cursor', string.format('%.0f', id))
end
if ARGV[1] ~= '' then
  local device = known[3] and tonumber(string.match(known[3], '^%d+')) or 0
  if id > device then
    call('HSET', meta, field, string.format('%.0f %.0f', id, now_ms()))
    if not known[3] then
      forget_oldest_device(meta, tonumber(ARGV[4]), field)
    end
  end
end
return owner

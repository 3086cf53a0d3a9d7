-- Moves cursors and watermarks of an inbox forward, within one epoch and never past the last id.
-- KEYS  log, meta
-- ARGV  device ('' for none), id, epoch, delivered or read, number of devices to remember
-- Reply delivered, read, both as they were before
local call = redis.call
local log, meta = KEYS[1], KEYS[2]
if call('EXISTS', log) == 0 then
  return { 0, 0, 0, 0 }
end
local field = 'device:' .. ARGV[1]
local known = call('HMGET', meta, 'epoch', 'cursor', 'read', field)
local delivered_before, read_before = tonumber(known[2] or 0), tonumber(known[3] or 0)
if known[1] ~= ARGV[3] then
  return { delivered_before, read_before, delivered_before, read_before }
end

local id = math.min(tonumber(ARGV[2]), last_id(log))
local delivered = math.max(delivered_before, id)
local read = ARGV[4] == 'read' and math.max(read_before, id) or read_before
if delivered > delivered_before then
  call('HSET', meta, 'cursor', string.format('%.0f', delivered))
end
if read > read_before then
  call('HSET', meta, 'read', string.format('%.0f', read))
end
if ARGV[1] ~= '' then
  local device = known[4] and tonumber(string.match(known[4], '^%d+')) or 0
  if id > device then
    call('HSET', meta, field, string.format('%.0f %.0f', id, now_ms()))
    if not known[4] then
      forget_oldest_device(meta, tonumber(ARGV[5]), field)
    end
  end
end
return { delivered, read, delivered_before, read_before }

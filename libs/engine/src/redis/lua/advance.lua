-- Moves the watermarks of a conversation's reader forward, within one epoch and never past the last id. Only members have a place, looked
-- up in this same step: who has left leaves nothing behind, however late the acknowledgement.
-- KEYS  log, meta, members
-- ARGV  reader, id, epoch, delivered or read
-- Reply delivered, read, both as they were before
local call = redis.call
local log, meta, members = KEYS[1], KEYS[2], KEYS[3]
local value = call('HGET', members, ARGV[1])
if not value or call('EXISTS', log) == 0 then
  return { 0, 0, 0, 0 }
end
local epoch = call('HGET', meta, 'epoch')
local delivered_before, read_before = watermarks_of(value, epoch)
if epoch ~= ARGV[3] then
  return { delivered_before, read_before, delivered_before, read_before }
end
local id = math.min(tonumber(ARGV[2]), last_id(log))
local delivered = math.max(delivered_before, id)
local read = ARGV[4] == 'read' and math.max(read_before, id) or read_before
if delivered > delivered_before or read > read_before then
  call('HSET', members, ARGV[1], with_watermarks(value, delivered, read, epoch))
end
return { delivered, read, delivered_before, read_before }

-- How far a reader has come: the owner of an inbox, or a member of a conversation.
-- KEYS  log, meta; of a conversation: members
-- ARGV  name for a new epoch, reader
-- Reply epoch ('' if there is none), last id, delivered, read
local epoch, last = look_at(KEYS[1], KEYS[2], ARGV[1])
local delivered, read
if KEYS[3] then
  delivered, read = watermarks_of(redis.call('HGET', KEYS[3], ARGV[2]), epoch)
else
  local known = redis.call('HMGET', KEYS[2], 'cursor', 'read')
  delivered, read = tonumber(known[1] or 0), tonumber(known[2] or 0)
end
return { epoch, last, delivered, read }

-- What there is of a conversation.
-- KEYS  log, meta, members
-- ARGV  name for a new epoch
-- Reply members, last id, epoch ('' if there is none)
local epoch, last = look_at(KEYS[1], KEYS[2], ARGV[1])
return { redis.call('HLEN', KEYS[3]), last, epoch }

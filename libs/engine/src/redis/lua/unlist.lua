-- Takes a conversation out of a user's list, unless a later membership has put it there.
-- KEYS  list
-- ARGV  conversation, highest number of a membership to take out
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if score and tonumber(score) <= tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
end

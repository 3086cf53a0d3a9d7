-- Makes a user a member. `joined` numbers the joins of a conversation, rising strictly, and is their time (ms) where it can be: a leave
-- that is still on its way to the user's list takes out what it has ended and nothing that came after it.
-- KEYS  members, meta
-- ARGV  user
-- Reply 1 if the user was none before, the membership's number
local call = redis.call
local value = call('HGET', KEYS[1], ARGV[1])
if value then
  return { 0, tonumber(string.match(value, '^%d+')) }
end
local joined = math.max(now_ms(), tonumber(call('HGET', KEYS[2], 'joined') or 0) + 1)
local number = string.format('%d', joined)
call('HSET', KEYS[2], 'joined', number)
call('HSET', KEYS[1], ARGV[1], number)
return { 1, joined }

-- Removes connections that are a gateway process's, and no others.
-- KEYS  per connection: presence, meta
-- ARGV  TTL (ms), how the process's values go on after their times, connection ids in the order of the keys
-- Reply per connection, as remove.lua
local now, ttl, process = now_ms(), tonumber(ARGV[1]), ARGV[2]
-- {"timestamp":<13 digits>,"since":<13 digits>, see live.lua
local function is_anothers(value)
  return string.sub(value, 50, 49 + #process) ~= process
end
local reply = {}
for i = 1, #KEYS / 2 do
  reply[i] = remove_connection(KEYS[2 * i - 1], KEYS[2 * i], ARGV[i + 2], now, ttl, is_anothers)
end
return reply

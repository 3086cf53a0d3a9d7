-- Sets the status of one live connection.
-- KEYS  presence, meta
-- ARGV  TTL (ms), connection id, status
-- Reply 1 if it had another, live connections {id, value, …}, visible status, what it was before, its version
local now = now_ms()
local live = live_connections(KEYS[1], now, tonumber(ARGV[1]))
local changed = 0
for i = 1, #live, 2 do
  if live[i] == ARGV[2] then
    -- Within a JSON string its quotes would be escaped, so nothing else looks like that.
    local value = string.gsub(live[i + 1], ',"status":"%a+"', ',"status":"' .. ARGV[3] .. '"', 1)
    if value ~= live[i + 1] then
      changed, live[i + 1] = 1, value
      redis.call('HSET', KEYS[1], ARGV[2], value)
    end
  end
end
return { changed, live, look_and_save(KEYS[2], live, now, now) }

-- Library: the engine's clock, ms. Here and everywhere numbers become text by %d, a half of what %.0f costs, and a third of what Redis makes of a number
-- itself: it takes them as C's long (server-version.ts sees to it that this has 64 bits).
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- A time as text. Most texts of one call are of one time, and making one costs as much as some commands.
local latest_time, latest_text
local function time_text(at)
  if at ~= latest_time then
    latest_time, latest_text = at, string.format('%d', at)
  end
  return latest_text
end

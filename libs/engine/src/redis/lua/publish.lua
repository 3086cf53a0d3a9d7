-- Library: telling gateways of a new entry. ARGV[7], ARGV[8]: channel and preamble of the publication (port/log.ts).

-- Tells each gateway of these connections {id, value, …}; returns those that have heard. Whoever calls tells the others. After what is stored by this call
-- nothing may fail: a channel that may not be published to counts as one that nobody hears.
local function publish(connections, notice)
  local data = cmsgpack.pack(notice)
  local frame = ARGV[8] .. struct.pack('>BI4', 0xc6, #data) .. data
  local told, asked = {}, {}
  for i = 2, #connections, 2 do
    -- {"timestamp":<13 digits>,"since":<13 digits>,"gateway":"gateway-01", …
    local gateway = string.match(connections[i], '^([^"\\]+)"', 61)
    if gateway and not asked[gateway] then
      asked[gateway] = true
      local hearers = redis.pcall('PUBLISH', ARGV[7] .. gateway, frame)
      if type(hearers) == 'number' and hearers > 0 then told[#told + 1] = gateway end
    end
  end
  return told
end

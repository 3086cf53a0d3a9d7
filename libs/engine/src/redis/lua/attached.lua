-- Live gateway processes of hashes.
-- KEYS  hashes of gateways
-- Reply per hash: fields
local now, reply = now_ms(), {}
for i, key in ipairs(KEYS) do
  reply[i] = live_gateways(key, now)
end
return reply

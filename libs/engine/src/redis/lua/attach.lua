-- Enters a gateway process in hashes of gateways, or extends its life there.
-- KEYS  hashes of gateways
-- ARGV  TTL (ms), gateway process
local now = now_ms()
for i = 1, #KEYS do
  attach(KEYS[i], ARGV[2], now, tonumber(ARGV[1]))
end

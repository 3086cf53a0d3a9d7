-- Extends the life of a gateway process in hashes of gateways where it is still there.
-- KEYS  hashes of gateways
-- ARGV  TTL (ms), gateway process
-- Reply positions (from 0) of those where it is not
local now, missing = now_ms(), {}
for i = 1, #KEYS do
  local till = tonumber(redis.call('HGET', KEYS[i], ARGV[2]) or 0)
  if till > now then
    attach(KEYS[i], ARGV[2], now, tonumber(ARGV[1]))
  else
    missing[#missing + 1] = i - 1
  end
end
return missing

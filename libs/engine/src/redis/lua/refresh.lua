-- Extends connections that are still there.
-- KEYS  presence of each connection's user
-- ARGV  TTL (ms), connection ids in the order of the keys
-- Reply positions (from 0) of those not there, the parts of values that name the gateway processes, each once
local call = redis.call
local now, ttl = now_ms(), tonumber(ARGV[1])
local head = string.format('{"timestamp":%d', now)
local missing, gateways, met = {}, {}, {}
for i = 1, #KEYS do
  local id = ARGV[i + 1]
  local value = call('HGET', KEYS[i], id)
  local at = value and tonumber(string.sub(value, 14, 26))
  if at and at + ttl > now then
    call('HSET', KEYS[i], id, head .. string.sub(value, 27))
    call('PEXPIRE', KEYS[i], ARGV[1])
    local gateway = string.match(value, '"gateway":.*,"incarnation":.*,"status":')
    if gateway and not met[gateway] then
      met[gateway] = true
      gateways[#gateways + 1] = gateway
    end
  else
    if value then call('HDEL', KEYS[i], id) end
    missing[#missing + 1] = i - 1
  end
end
return { missing, gateways }

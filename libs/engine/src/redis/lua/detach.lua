-- Removes a gateway process, and no other of the same id, from hashes of gateways.
-- KEYS  hashes of gateways
-- ARGV  gateway process
for i = 1, #KEYS do
  redis.call('HDEL', KEYS[i], ARGV[1])
end

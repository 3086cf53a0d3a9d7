-- Gives leases up, if this incarnation holds them.
-- KEYS  leases
-- ARGV  per lease: field, the value's ending that names the incarnation
for i = 1, #ARGV, 2 do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value and string.sub(value, -#ARGV[i + 1]) == ARGV[i + 1] then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end

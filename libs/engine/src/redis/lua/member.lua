-- Library: members: user → "<joined>", and once the member has acknowledged something "<joined> <delivered> <read> <epoch>".

-- Watermarks of a member in this life of the log.
local function watermarks_of(value, epoch)
  local delivered, read, life = string.match(value or '', '^%d+ (%d+) (%d+) (.+)$')
  if life ~= epoch then return 0, 0 end
  return tonumber(delivered), tonumber(read)
end

local function with_watermarks(value, delivered, read, epoch)
  return string.format('%s %d %d %s', string.match(value, '^%d+'), delivered, read, epoch)
end

-- Library: the keys of a user or a conversation beside its owner (keys.ts). Scripts that take many owners in one argument make them here.

-- Log, meta, and of a conversation members (else nil).
local function keys_of(owner)
  local meta = 'meta:{' .. owner .. '}'
  if string.sub(owner, 1, 9) == 'presence:' then return 'inbox:{' .. owner .. '}', meta, nil end
  return 'log:{' .. owner .. '}', meta, 'members:{' .. owner .. '}'
end

-- Who watches a user.
local function watchers_of(presence)
  return 'watchers:{' .. presence .. '}'
end

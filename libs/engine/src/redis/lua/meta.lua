-- Library: meta, what is known of a log and its user. Changes of one run are gathered, {field, value, …}, and saved in one go.

-- With room for as many as there are at most as a rule: growing a table costs more than what is put into it.
local function no_changes()
  return { nil, nil, nil, nil, nil, nil, nil, nil }
end

-- Adds a pair, {field, value} or {id, value}.
local function note(pairs, name, value)
  local count = #pairs
  pairs[count + 1], pairs[count + 2] = name, value
end

local function save(meta, changes)
  if #changes > 0 then redis.call('HSET', meta, unpack(changes)) end
end

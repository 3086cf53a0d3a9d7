-- Library: meta, what is known of a log and its user. Changes of one run are gathered, {field, value, …}, and saved in one go.

local function note(changes, ...)
  for i = 1, select('#', ...) do
    changes[#changes + 1] = (select(i, ...))
  end
end

local function save(meta, changes)
  if #changes > 0 then redis.call('HSET', meta, unpack(changes)) end
end

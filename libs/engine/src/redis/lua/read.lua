-- Reads a page of a log for each reader, after a given cursor, one found by time, or the reader's saved one.
-- KEYS  none; on a cluster, where a call has one reader only, all keys that may be touched
-- ARGV  maximal length, maximal age (ms), messages that all pages may hold together, but for 8 on each and what shares an entry with the last,
--       and packed as one MessagePack array, per reader: owner (presence or conversation), cursor ('' for none), device or reader ('' for none), limit, name for a new epoch, time (ms) to find
--       a cursor by ('' for none), 1 if whoever opens an inbox is known from now on
-- Reply per reader: epoch, last id, first id held, cursor, id of the first message of the page's first entry, and per entry {time, number of
--       messages, bodies (entries.lua), …}; or the error
local call = redis.call
local most, oldest, budget = tonumber(ARGV[1]), now_ms() - tonumber(ARGV[2]), tonumber(ARGV[3])
local items, ITEMS = cmsgpack.unpack(ARGV[4]), 7
local A_FEW = 8

-- How many messages an entry holds shows when it is read: a few first, then as many entries as those before let expect. Ends with the entry that
-- holds the last one wanted, or before a hole, which only somebody else can have made. Returns the id that it begins with, which may be less
-- than `from`.
local function read_page(log, from, last, limit)
  local page, start, following, wanted, count = {}, from, from, math.min(from + limit - 1, last), math.min(limit, A_FEW)
  while following <= wanted do
    local entries = call('XRANGE', log, stream_id(following), '+', 'COUNT', count)
    local before = following
    for e = 1, #entries do
      local begins, ends, fields = first_id_of(entries[e]), message_id(entries[e][1]), entries[e][2]
      if begins > following or following > wanted then break end
      if #page == 0 then start = begins end
      local p = #page
      page[p + 1], page[p + 2], page[p + 3] = tonumber(fields[1]), ends - begins + 1, fields[2]
      following = ends + 1
    end
    if following == before then break end
    count = math.ceil((wanted - following + 1) * #entries / (following - before))
  end
  budget = budget - (following - from)
  return start, page
end

return each(#items / ITEMS, function(i)
  local owner, cursor, name, limit, fresh, since, becomes_known = unpack(items, ITEMS * (i - 1) + 1, ITEMS * i)
  local stream, meta, members = keys_of(owner)
  local log = { log = stream, meta = meta, members = members, most = most, oldest = oldest }
  local reader = { cursor = tonumber(cursor), since = tonumber(since), name = name, becomes_known = becomes_known == 1 }
  local changes = no_changes()
  local epoch, last, first, after = position(log, reader, life_of(meta, name), fresh, changes)
  save(meta, changes)
  local from = math.max(after + 1, first)
  local start, page = read_page(stream, from, last, math.min(limit, math.max(budget, A_FEW)))
  return { epoch, last, first, after, start, page }
end)

-- Library: a log's life. meta: epoch = its name, log = 1 once the stream was there. A stream that is gone although it was there is lost
-- data: all that refers to it (cursors, watermarks, the epoch) goes too, or an old cursor would hide new messages. What tells of the user
-- or the conversation and not of the log stays.

-- The epoch to use for a log whose stream is not there. `had`: meta's `log`; `changes`: what is to be saved is added to them.
local function epoch_without_stream(meta, epoch, had, fresh, changes)
  if not had then
    -- Nothing refers to a life that has no name yet.
    if not epoch then note(changes, 'epoch', fresh) end
    return epoch or fresh
  end
  local kept = { 'known', 'seen', 'visible', 'version', 'joined' }
  local values = redis.call('HMGET', meta, unpack(kept))
  redis.call('DEL', meta)
  redis.call('HSET', meta, 'epoch', fresh)
  for i = 1, #kept do
    if values[i] then redis.call('HSET', meta, kept[i], values[i]) end
  end
  return fresh
end

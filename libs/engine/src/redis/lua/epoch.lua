-- Library: a log's life. meta: epoch = its name, log = 1 once the stream was there. A stream that is gone although it was there is lost
-- data: all that refers to it (cursors, the epoch) goes too, or an old cursor would hide new messages.

-- The epoch to use for a log whose stream is not there.
local function epoch_without_stream(meta, epoch, fresh)
  if epoch and redis.call('HEXISTS', meta, 'log') == 0 then
    return epoch
  end
  redis.call('DEL', meta)
  redis.call('HSET', meta, 'epoch', fresh)
  return fresh
end

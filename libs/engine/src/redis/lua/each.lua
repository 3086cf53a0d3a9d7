-- Library: several users in one call.

-- What `one` returns for 1 … `count`, or the text of the error where it fails: that does not harm the others of the call.
local function each(count, one)
  local reply = {}
  for i = 1, count do
    local ok, result = pcall(one, i)
    reply[i] = ok and result or type(result) == 'table' and result.err or tostring(result)
  end
  return reply
end

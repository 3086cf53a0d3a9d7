-- Library: what is empty most of the time, and never added to: a table costs as much as a dozen of other steps.
local NONE = {}

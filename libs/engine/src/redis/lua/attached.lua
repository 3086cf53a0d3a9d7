-- Live gateway processes of a hash.
-- KEYS  hash of gateways
-- Reply fields
return live_gateways(KEYS[1], now_ms())

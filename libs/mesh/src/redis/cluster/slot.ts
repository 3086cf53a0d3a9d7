const SLOTS = 16_384;
/** CRC-16/XMODEM. */
const POLYNOMIAL = 0x1021;

function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
    crc &= 0xffff;
  }
  return crc;
}

/** The slot of a key or channel: of what stands between its first braces, if that is anything (Redis Cluster specification, "Hash tags"). */
export function slotOf(name: string): number {
  const open = name.indexOf('{');
  const close = open < 0 ? -1 : name.indexOf('}', open + 1);
  return crc16(Buffer.from(close > open + 1 ? name.slice(open + 1, close) : name)) % SLOTS;
}

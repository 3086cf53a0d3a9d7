/**
 * One whole server frame (RFC 6455 §5.2: FIN set, unmasked, uncompressed) as the bytes that go on the wire. Made once for a message, however
 * many sockets it goes to; and one write where the WebSocket library does two.
 */
export function encodeFrame(payload: string | Buffer, binary: boolean): Buffer {
  const length = typeof payload === 'string' ? Buffer.byteLength(payload) : payload.length;
  const start = headerLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = binary ? FIN_BINARY : FIN_TEXT;
  writeLength(frame, length);
  if (typeof payload === 'string') frame.write(payload, start);
  else payload.copy(frame, start);
  return frame;
}

const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;

function headerLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeLength(frame: Buffer, length: number): void {
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt16BE(0, 2);
    frame.writeUIntBE(length, 4, 6);
  }
}

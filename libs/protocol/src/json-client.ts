import type { Command } from './commands.js';
import type { ServerEvent } from './events.js';
import { parseObject } from './json.js';
import { ProtocolError } from './errors.js';

/** One wire encoding, the client's side; no Buffer, so that it runs in browsers. */
export interface ClientCodec {
  /** WebSocket subprotocol (PROTOCOL.md §1). */
  readonly subprotocol: string;
  encode(command: Command): string | Uint8Array<ArrayBuffer>;
  /** Throws `ProtocolError('WS_INVALID_MESSAGE')` for what is not a frame. A type it does not know comes through: newer servers have more. */
  decode(frame: string | Uint8Array): ServerEvent;
}

/** JSON text frames (PROTOCOL.md §2 and §3), the client's side. */
export const jsonClientCodec: ClientCodec = {
  subprotocol: 'switchboard.json',
  encode: (command) => JSON.stringify(command),
  decode(frame) {
    if (typeof frame !== 'string') throw new ProtocolError('WS_INVALID_MESSAGE');
    const fields = parseObject(frame);
    if (typeof fields['type'] !== 'string') throw new ProtocolError('WS_INVALID_MESSAGE');
    return fields as unknown as ServerEvent;
  },
};

import type { Ref } from './commands.js';
import type { ServerEvent } from './events.js';

/** A frame as decoded: its type and reference are known, its fields are not checked yet. */
export interface RawCommand {
  readonly type: string;
  readonly ref?: Ref;
  /** All fields of the frame, `type` and `ref` included. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * One wire encoding of the command set. Stateless: one codec object serves all connections.
 * `decode` throws `ProtocolError('WS_INVALID_MESSAGE')` for anything that is not a frame of this encoding.
 */
export interface Codec {
  readonly name: 'json' | 'msgpack';
  /** WebSocket subprotocol (PROTOCOL.md §1). */
  readonly subprotocol: string;
  /** Frames are sent as binary (opcode 2). */
  readonly binary: boolean;
  decode(frame: Buffer): RawCommand;
  encode(event: ServerEvent): string | Buffer;
}

import { Packr, RESERVE_START_SPACE } from 'msgpackr';
import type { MessageBody } from './body.js';
import type { MessageEvent } from './events.js';

/**
 * Layout of a packed body: one byte with the version, then a MessagePack array. Version 1: [from, to, content, kind, id, conversation],
 * null for what is absent (and for the kind `text`), nulls at the end left out. Stored logs outlive releases: a new layout takes a new
 * version, and older ones stay readable.
 */
const VERSION = 1;
const DEFAULT_KIND = 'text';
const codec = new Packr({ useRecords: false, variableMapSize: true });
const AFTER_VERSION = { start: 1 } as const;

type Packed = [
  from: string,
  to: string | null,
  content: string,
  kind?: string | null,
  id?: string | null,
  conversation?: string,
];

/** Lone surrogates in texts become U+FFFD, as in every UTF-8. */
export function packBody(body: MessageBody): Buffer {
  const packed = codec.pack(layout(body), RESERVE_START_SPACE + 1);
  packed[0] = VERSION;
  return packed;
}

function layout(body: MessageBody): Packed {
  const { from, to = null, content, id = null, conversation } = body;
  const kind = body.kind === DEFAULT_KIND ? null : body.kind;
  if (conversation !== undefined) return [from, to, content, kind, id, conversation];
  if (id !== null) return [from, to, content, kind, id];
  return kind === null ? [from, to, content] : [from, to, content, kind];
}

/** Throws for bytes of an unknown version, or that are no body: the log holds something that we did not write. */
export function unpackBody(bytes: Uint8Array): MessageBody {
  if (bytes[0] !== VERSION) throw new Error(`message body of unknown version ${bytes[0]}`);
  const packed: unknown = codec.unpack(bytes, AFTER_VERSION);
  if (!Array.isArray(packed) || packed.length < 3) throw new Error('message body is damaged');
  return bodyOf(packed as Packed);
}

function bodyOf(packed: Packed): MessageBody {
  const [from, to, content, kind, id, conversation] = packed;
  return {
    from,
    to: to ?? undefined,
    conversation: conversation ?? undefined,
    kind: kind ?? DEFAULT_KIND,
    content,
    id: id ?? undefined,
  };
}

/** What the log holds of a message. */
export interface LoggedMessage {
  readonly messageId: number;
  /** ms, engine. */
  readonly timestamp: number;
  readonly body: Uint8Array;
}

/** The event that brings a logged message to its recipient (PROTOCOL.md §3). */
export function messageEvent(entry: LoggedMessage): MessageEvent {
  const { from, content, to, conversation, kind, id } = unpackBody(entry.body);
  return {
    type: 'message',
    from,
    content,
    to,
    conversation,
    messageId: entry.messageId,
    kind,
    timestamp: entry.timestamp,
    id,
  };
}

/** What a load generator has to know of a server's wire format; text frames all. */
export interface Dialect {
  /** Sent as soon as the socket is open. */
  greeting(userId: string): string;
  /** A message to a user (or a room); `n` is unique to the connection, `extra` goes into it as more fields. */
  message(n: number, to: string, content: string, extra: string): string;
  kindOf(frame: Buffer): Kind;
  /** Sent once ready; each is answered by a frame of the kind `entered`. */
  enter?(room: string): readonly string[];
  /** The answer to a ping of the server's, or a sign of life. */
  readonly ping: string;
}

/** What a frame from the server is. */
export type Kind = 'message' | 'accepted' | 'ready' | 'entered' | 'ping' | 'other';

const text = (char: string): number => char.charCodeAt(0);
const [M, A, R, S] = [text('m'), text('a'), text('r'), text('s')];

/** `{"<tag>":"<kind>"…`: the first letter of the kind tells all there are apart. */
function tagged(tag: string): (frame: Buffer) => Kind {
  const at = tag.length + 5;
  return (frame) => {
    const letter = frame[at];
    if (letter === M) return 'message';
    if (letter === A) return 'accepted';
    if (letter === S) return 'entered';
    return letter === R ? 'ready' : 'other';
  };
}

/** Ours, and that of the relays. `extra` is a piece of JSON that begins with a comma, or ''. */
const json: Dialect = {
  greeting: (userId) => `{"type":"register","userId":"${userId}"}`,
  message: (_n, to, content, extra) => `{"type":"message","to":"${to}","content":"${content}"${extra}}`,
  kindOf: tagged('type'),
  ping: '{"type":"ping"}',
};

/** Conversations: `to` names one. */
const conversation: Dialect = {
  ...json,
  message: (_n, to, content, extra) => `{"type":"message","conversation":"${to}","content":"${content}"${extra}}`,
  enter: (room) => [`{"type":"subscribe","conversation":"${room}"}`],
};

const [O, P, W] = [text('o'), text('p'), text('w')];
/** `{"type":"p`, and then `resence` or `ong`. */
const SECOND = 10;
const WATCHED_AT_ONCE = 500;

/** Statuses: a message is a change of one's own, what arrives is that of a watched user. `room`: users to watch, separated by commas. */
const presence: Dialect = {
  ...json,
  message: (n) => `{"type":"presence","status":"${n % 2 === 0 ? 'away' : 'online'}","ref":${n}}`,
  kindOf: (frame) => {
    const letter = frame[SECOND - 1];
    if (letter === P && frame[SECOND] === R) return 'message';
    if (letter === O) return 'accepted';
    if (letter === W) return 'entered';
    return letter === R ? 'ready' : 'other';
  },
  enter: (room) => {
    const users = room.split(',');
    const calls = Math.ceil(users.length / WATCHED_AT_ONCE);
    return Array.from({ length: calls }, (_, i) =>
      JSON.stringify({ type: 'watch', userIds: users.slice(i * WATCHED_AT_ONCE, (i + 1) * WATCHED_AT_ONCE) }),
    );
  },
};

/** Of Nest's WsAdapter. */
const nest: Dialect = {
  greeting: (userId) => `{"event":"register","data":{"userId":"${userId}"}}`,
  message: (_n, to, content, extra) => `{"event":"message","data":{"to":"${to}","content":"${content}"${extra}}}`,
  kindOf: tagged('event'),
  ping: '',
};

/** Engine.IO 4 with Socket.IO 5 packets, websocket transport only: https://socket.io/docs/v4/socket-io-protocol */
const socketIo: Dialect = {
  greeting: (userId) => `40{"userId":"${userId}"}`,
  // With `extra` the client asks for an acknowledgement.
  message: (n, to, content, extra) => `42${extra && n}["message",{"to":"${to}","content":"${content}"}]`,
  kindOf: (frame) => {
    if (frame[0] === text('2')) return 'ping';
    if (frame[0] !== text('4')) return 'other';
    if (frame[1] === text('2')) return 'message';
    if (frame[1] === text('3')) return 'accepted';
    return frame[1] === text('0') ? 'ready' : 'other';
  },
  ping: '3',
};

export const DIALECTS = { json, conversation, presence, nest, socketIo } satisfies Record<string, Dialect>;
export type DialectName = keyof typeof DIALECTS;

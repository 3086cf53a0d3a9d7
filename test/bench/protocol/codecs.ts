/**
 * What a frame costs in each encoding, beside msgpackr for MessagePack. After a build: `node dist/test/bench/protocol/codecs.js [rounds]`
 * All take turns in every round; the best round counts, in ns of wall time. Compare figures of one run only.
 */
import { Packr, Unpackr } from 'msgpackr';
import { jsonCodec, msgpackClientCodec, msgpackCodec, type AcceptedEvent, type MessageEvent } from '#protocol';

const ROUNDS = Number(process.argv[2] ?? 9);
const CALLS = 100_000;
const content = 'x'.repeat(100);
const MESSAGE: MessageEvent = {
  type: 'message',
  from: 'alice',
  to: 'bob',
  content,
  messageId: 123_456,
  kind: 'text',
  timestamp: 1_795_000_000_000,
  id: 'm-12345',
};
const NUMBERED: MessageEvent = { ...MESSAGE, from: '12345', to: '9007199254740993' };
const ACCEPTED: AcceptedEvent = { type: 'accepted', ref: 4711, messageId: 123_456, timestamp: 1_795_000_000_000 };
const COMMAND = { type: 'message', ref: 4711, to: 'bob', content, id: 'm-12345' } as const;
const CHAT = Buffer.from(msgpackClientCodec.encode(COMMAND) as Uint8Array);
const CHAT_JSON = Buffer.from(JSON.stringify(COMMAND));

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false });
const packed = (type: number, seq: number, payload: object): Buffer =>
  packr.pack({ type, seq, payload: packr.pack(payload) });
const push = ({ messageId: message_id, from, to, kind: type, content: text, timestamp, id }: MessageEvent): Buffer =>
  packed(102, 0, { message_id, from, to, type, content: text, timestamp, id });
const accepted = ({ messageId: message_id, timestamp }: AcceptedEvent): Buffer =>
  packed(107, 4711, { message_id, timestamp });
const unpacked = (frame: Buffer): unknown => unpackr.unpack((unpackr.unpack(frame) as { payload: Buffer }).payload);

const CASES: Readonly<Record<string, () => unknown>> = {
  'ChatPush, ours': () => msgpackCodec.encode(MESSAGE),
  'ChatPush, ours, integer user ids': () => msgpackCodec.encode(NUMBERED),
  'ChatPush, msgpackr': () => push(MESSAGE),
  'message, JSON, as bytes': () => Buffer.from(jsonCodec.encode(MESSAGE)),
  'Accepted, ours': () => msgpackCodec.encode(ACCEPTED),
  'Accepted, msgpackr': () => accepted(ACCEPTED),
  'accepted, JSON, as bytes': () => Buffer.from(jsonCodec.encode(ACCEPTED)),
  'read Chat, ours': () => msgpackCodec.decode(CHAT),
  'read Chat, msgpackr': () => unpacked(CHAT),
  'read message, JSON': () => jsonCodec.decode(CHAT_JSON),
};

function nanoseconds(act: () => unknown): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < CALLS; i++) act();
  return Number(process.hrtime.bigint() - start) / CALLS;
}

const best = new Map<string, number>();
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, act] of Object.entries(CASES)) {
    const ns = nanoseconds(act);
    // The first round warms up.
    if (round > 0) best.set(name, Math.min(ns, best.get(name) ?? Infinity));
  }
}
for (const [name, ns] of best) console.log(`${name.padEnd(34)} ${ns.toFixed(0).padStart(6)} ns`);

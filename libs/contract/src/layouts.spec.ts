import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { createMesh, instance, LocalCarrier, LocalHub, LocalLeases, type MeshNode } from '#mesh';
import { GATEWAY } from './gateway.js';
import { LAYOUTS } from './layouts.js';
import { PRESENCE } from './presence.js';
import { ROUTER } from './router.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const maybeText = fc.option(text, { nil: undefined });
const maybeFlag = fc.option(fc.boolean(), { nil: undefined });
const number = fc.maxSafeNat();
const maybeNumber = fc.option(number, { nil: undefined });
const maybeTime = fc.option(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { nil: undefined });
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const status = fc.constantFrom('delivered', 'read');
const entries = fc.array(fc.record({ messageId: number, timestamp: number, body }), { maxLength: 5 });
const message = { from: text, id: maybeText, body, ephemeral: maybeFlag };
const position = { messageId: number, epoch: text };
const page = { epoch: text, lastMessageId: number, entries };
const sent = { messageId: number, timestamp: number, duplicate: fc.boolean() };
const opened = { ...page, cursor: number, resumed: fc.boolean() };
const process = { gatewayId: text, incarnation: text };
const { entries: _, ...place } = { ...page, firstMessageId: number, cursor: number };
const maybePosition = fc.option(fc.record(place), { nil: undefined });
const readPage = { ...page, firstMessageId: number };

type Fields = Record<string, fc.Arbitrary<unknown>>;

/** All that the patterns' types allow. */
const PACKETS: Readonly<Record<string, { readonly data?: Fields; readonly reply?: Fields }>> = {
  [ROUTER.send]: { data: { to: text, ...message }, reply: sent },
  [ROUTER.post]: { data: { conversation: text, ...message, mayJoin: maybeFlag }, reply: sent },
  [ROUTER.copy]: { data: { sender: text, to: text, ...position, body }, reply: sent },
  [PRESENCE.register]: {
    data: {
      userId: text,
      connectionId: text,
      ...process,
      device: maybeText,
      status: fc.constantFrom('online', 'away', 'offline', undefined),
      since: maybeNumber,
      askedAt: maybeTime,
      waitedMs: maybeNumber,
      opens: maybeFlag,
      lastMessageId: maybeNumber,
    },
    reply: { connections: number, since: number, outranked: fc.constantFrom(true, undefined), inbox: maybePosition },
  },
  [PRESENCE.remove]: { data: { userId: text, connectionId: text }, reply: { removed: fc.boolean() } },
  [ROUTER.open]: {
    data: { userId: text, device: maybeText, lastMessageId: maybeNumber, epoch: maybeText, limit: number },
    reply: opened,
  },
  [ROUTER.subscribe]: { reply: opened },
  [ROUTER.read]: { reply: readPage },
  [ROUTER.readConversation]: { reply: readPage },
  [ROUTER.ack]: { data: { userId: text, conversation: maybeText, device: maybeText, ...position, status } },
  [GATEWAY.deliver]: { data: { userId: text, epoch: text, entries } },
  [GATEWAY.conversation]: { data: { conversation: text, epoch: text, entries } },
  [GATEWAY.receipt]: { data: { userId: text, to: text, messageId: number, status, timestamp: number } },
};

let nodes: readonly [asker: MeshNode, answerer: MeshNode];
let reply: unknown;
let heard: unknown;
const patterns = Object.keys(LAYOUTS);

beforeAll(async () => {
  const [hub, leases] = [new LocalHub(), new LocalLeases()];
  const node = (role: string): MeshNode =>
    createMesh({ id: role, roles: [role], layouts: LAYOUTS, carrier: new LocalCarrier(hub), leases });
  nodes = [node('asker'), node('answerer')];
  for (const pattern of patterns)
    nodes[1].handle(pattern, {
      one: (request) => {
        heard = request.data;
        request.reply(reply);
      },
    });
  for (const each of nodes.toReversed()) await each.join();
});
afterAll(() => Promise.all(nodes.map((node) => node.leave())));

test.each(patterns)('%s comes as it was sent, and its reply', async (pattern) => {
  const { data, reply: answer } = PACKETS[pattern] ?? {};
  const record = (fields: Fields | undefined): fc.Arbitrary<unknown> =>
    fields ? fc.record(fields) : fc.constant(null);
  const round = fc.asyncProperty(record(data), record(answer), async (asked, answered) => {
    reply = answered;
    const got = await nodes[0].ask(instance('answerer', 'answerer'), pattern, asked, { timeoutMs: 5_000 });
    expect(heard).toEqual(asked);
    expect(got).toEqual(answered);
  });
  await fc.assert(round, { numRuns: 50 });
});

import { expect } from '@jest/globals';
import fc from 'fast-check';
import type { Command } from './command.js';
import type { DeliveryModel } from './delivery-model.js';
import type { World } from './world.js';

/** Somebody acknowledges, as far as it has got, or not as far, or farther than the log. */
class Acknowledge implements Command {
  constructor(
    private readonly slot: number,
    private readonly messageId: number,
    private readonly status: 'delivered' | 'read',
  ) {}

  check(model: DeliveryModel): boolean {
    return model.at(this.slot) !== undefined;
  }

  async run(model: DeliveryModel, world: World): Promise<void> {
    const { user, device } = model.at(this.slot)!;
    const inbox = model.inbox(user);
    expect(await world.at(this.slot).acknowledge(this.messageId, this.status)).toMatchObject({ type: 'acked' });
    inbox.save(device, this.messageId, true);
    if (this.status === 'read') inbox.read = Math.max(inbox.read, Math.min(this.messageId, inbox.length));
  }

  toString(): string {
    return `ack ${this.status} ${this.messageId} at ${this.slot}`;
  }
}

/** Somebody asks how far somebody is. */
class AskStatus implements Command {
  constructor(
    private readonly slot: number,
    private readonly to: string,
  ) {}

  check(model: DeliveryModel): boolean {
    return model.at(this.slot) !== undefined;
  }

  async run(model: DeliveryModel, world: World): Promise<void> {
    const inbox = model.inbox(this.to);
    const to = world.person(this.to);
    const { least, most } = inbox.saved();
    const reply = await world.at(this.slot).command({ type: 'status', to });
    expect(reply).toMatchObject({ type: 'status', to, read: inbox.read });
    expect(reply!['delivered']).toBeGreaterThanOrEqual(least);
    expect(reply!['delivered']).toBeLessThanOrEqual(most);
  }

  toString(): string {
    return `status of ${this.to} at ${this.slot}`;
  }
}

/** Somebody reads a page of its inbox, from anywhere. */
class Sync implements Command {
  constructor(
    private readonly slot: number,
    private readonly lastMessageId: number | undefined,
    private readonly limit: number | undefined,
  ) {}

  check(model: DeliveryModel): boolean {
    return model.at(this.slot) !== undefined;
  }

  async run(model: DeliveryModel, world: World): Promise<void> {
    const { slot, lastMessageId, limit = 100 } = this;
    const { entries, epoch } = model.inbox(model.at(slot)!.user);
    const after = lastMessageId ?? 0;
    const page = entries.slice(after, after + limit);
    const reply = await world.at(slot).command({ type: 'sync', lastMessageId, limit: this.limit });
    expect(reply).toMatchObject({ type: 'synced', epoch, hasMore: after + limit < entries.length });
    expect(reply!['messages']).toEqual(
      page.map(({ from, id, content }, i) =>
        expect.objectContaining({ messageId: after + i + 1, from: world.person(from), content, ...(id && { id }) }),
      ),
    );
  }

  toString(): string {
    return `sync after ${this.lastMessageId} at ${this.slot}, ${this.limit} at most`;
  }
}

const slots = fc.nat({ max: 6 });
const small = fc.nat({ max: 20 });

export const READING: fc.Arbitrary<Command>[] = [
  fc.tuple(slots, small, fc.constantFrom('delivered' as const, 'read' as const)).map((of) => new Acknowledge(...of)),
  fc.tuple(slots, fc.constantFrom('alice', 'bob')).map((of) => new AskStatus(...of)),
  fc
    .tuple(slots, fc.option(small, { nil: undefined }), fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }))
    .map((of) => new Sync(...of)),
];

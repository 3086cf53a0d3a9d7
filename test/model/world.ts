import { expect } from '@jest/globals';
import { HistoryRecorder, eventually, findFaults, inboxOf, type Fault, type RecordedClient } from '#testing';
import type { Composition } from './composition.js';
import type { Connected, DeliveryModel } from './delivery-model.js';

/** The real thing during one run: people of its own on services that go on, and everything they do on record. */
export class World {
  readonly recorder = new HistoryRecorder();
  private readonly clients = new Map<number, RecordedClient>();
  private contents = 0;

  /** @param run keeps its people apart from those of other runs. */
  constructor(
    private readonly composition: Composition,
    private readonly run: number,
  ) {}

  person(user: string): string {
    return `${user}-${this.run}`;
  }

  /** No two messages of a run are alike. */
  content(): string {
    return `content ${++this.contents}`;
  }

  at(slot: number): RecordedClient {
    const client = this.clients.get(slot);
    if (!client) throw new Error(`nobody is connected at ${slot}`);
    return client;
  }

  async connect(slot: number): Promise<RecordedClient> {
    const { gateways } = this.composition;
    const client = this.recorder.record(await this.composition.connect(gateways[slot % gateways.length]));
    this.clients.set(slot, client);
    return client;
  }

  /** Everybody connected as `user` gets everything there is. */
  async quiet(model: DeliveryModel, user: string): Promise<void> {
    const { length } = model.inbox(user);
    await Promise.all(model.of(user).map(({ slot }) => this.caughtUp(slot, length)));
    for (const { slot, device, ack } of model.of(user))
      if (ack === 'auto' && this.moved(slot)) model.inbox(user).save(device, length, false);
  }

  /** It has ended, with all there was: what it acknowledged by itself is saved soon, and from then on it is known to be. */
  async ended(model: DeliveryModel, { slot, user, device, ack }: Connected): Promise<void> {
    const inbox = model.inbox(user);
    if (ack === 'manual' || !this.moved(slot)) return;
    const { inbox: view, position: messageId } = this.at(slot);
    const reader = this.person(user);
    await eventually(async () => {
      const options = device === undefined ? {} : { device };
      const { cursor } = await this.composition.engine.log.open(
        { kind: 'inbox', id: reader },
        { ...options, create: false, limit: 1 },
      );
      expect(cursor).toBeGreaterThanOrEqual(messageId);
    });
    const { epoch } = view!.opened;
    this.recorder.saved({ log: inboxOf(reader), reader, device, epoch, messageId });
    inbox.save(device, messageId, true);
  }

  /** The server has noticed who is gone: a connection that it still counts would cost the oldest its place. */
  async present(model: DeliveryModel, user: string): Promise<void> {
    await eventually(async () => {
      const there = await this.composition.engine.presence.locate(this.person(user));
      expect(there).toHaveLength(model.of(user).length);
    });
  }

  /** What all this has shown. */
  async faults(model: DeliveryModel): Promise<Fault[]> {
    for (const { user } of model.connections) await this.quiet(model, user);
    this.recorder.settled();
    return findFaults(this.recorder.history());
  }

  leave(): void {
    for (const client of this.clients.values()) if (client.open) client.cut();
  }

  /** Whether anything has come to it. */
  moved(slot: number): boolean {
    return (this.at(slot).inbox?.messages.length ?? 0) > 0;
  }

  /** One that began at the end has nothing to wait for. */
  private async caughtUp(slot: number, length: number): Promise<void> {
    const client = this.at(slot);
    const { opened } = client.inbox!;
    if (length > opened.lastMessageId || this.moved(slot)) await client.seen(length);
  }
}

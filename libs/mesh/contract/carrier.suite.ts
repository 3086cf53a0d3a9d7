import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Carrier, CarrierEvents } from '#mesh';
import { eventually } from '#testing';

/** What a carrier under test told; `frames` as text. */
export class Recorder implements CarrierEvents {
  readonly frames: string[] = [];
  readonly buffers: Buffer[] = [];
  readonly undeliverable: string[] = [];
  readonly connected: boolean[] = [];
  onFrameHook: ((frame: Buffer) => void) | undefined;

  onFrame(frame: Buffer): void {
    this.frames.push(frame.toString('latin1'));
    this.buffers.push(frame);
    this.onFrameHook?.(frame);
  }

  onUndeliverable(address: string, frame: Buffer): void {
    this.undeliverable.push(`${address} ${frame.toString('latin1')}`);
  }

  onConnected(connected: boolean): void {
    this.connected.push(connected);
  }
}

export interface CarrierSuiteOptions {
  readonly name: string;
  /** A carrier that reaches all others made here. */
  readonly make: () => Carrier;
  readonly setUp?: () => Promise<void>;
  readonly tearDown?: () => Promise<void>;
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `frame ${i}`);

/** The contract of `Carrier`, for every one of them. */
export function describeCarrier({ name, make, setUp, tearDown }: CarrierSuiteOptions): void {
  describe(`carrier ${name}`, () => {
    let started: Carrier[] = [];

    beforeEach(async () => setUp?.());
    afterEach(async () => {
      await Promise.all(started.map((carrier) => carrier.stop()));
      started = [];
      await tearDown?.();
    });

    const start = async (...addresses: string[]): Promise<{ carrier: Carrier; heard: Recorder }> => {
      const carrier = make();
      const heard = new Recorder();
      started.push(carrier);
      await carrier.start(addresses, heard);
      return { carrier, heard };
    };

    test('is connected once start has resolved', async () => {
      const { heard } = await start('a:1');
      expect(heard.connected).toEqual([true]);
    });

    test('carries frames of one sender to one address in order, each once', async () => {
      const a = await start('a:1');
      const b = await start('b:1');
      const frames = numbered(2_000);
      for (const frame of frames) a.carrier.send('b:1', Buffer.from(frame));
      await eventually(() => expect(b.heard.frames.length).toBeGreaterThanOrEqual(frames.length));
      expect(b.heard.frames).toEqual(frames);
      expect(a.heard.frames).toEqual([]);
    });

    test('carries any bytes unchanged: every value, none, and megabytes', async () => {
      const a = await start('a:1');
      const b = await start('b:1');
      const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const large = Buffer.alloc(5 * 1_048_576, 0xa5);
      for (const frame of [every, Buffer.alloc(0), large]) a.carrier.send('b:1', frame);
      await eventually(() => expect(b.heard.buffers).toHaveLength(3));
      expect(b.heard.buffers.map((buffer, i) => buffer.equals([every, Buffer.alloc(0), large][i] as Buffer))).toEqual([
        true,
        true,
        true,
      ]);
    });

    test('carries a frame for all of a role to each of them, the sender included, and to nobody else', async () => {
      const one = await start('a:1', 'a:*');
      const two = await start('a:2', 'a:*');
      const other = await start('b:1', 'b:*');
      one.carrier.send('a:*', Buffer.from('to all'));
      other.carrier.send('b:1', Buffer.from('after'));
      await eventually(() => expect([one, two].map(({ heard }) => heard.frames)).toEqual([['to all'], ['to all']]));
      await eventually(() => expect(other.heard.frames).toEqual(['after']));
    });

    test('gives each receiver a buffer of its own', async () => {
      const one = await start('a:*');
      const two = await start('a:*');
      one.heard.onFrameHook = (frame) => frame.fill(0x78);
      two.heard.onFrameHook = (frame) => frame.fill(0x79);
      one.carrier.send('a:*', Buffer.from('mine'));
      await eventually(() => expect([one, two].map(({ heard }) => heard.buffers.length)).toEqual([1, 1]));
      expect([one, two].map(({ heard }) => String(heard.buffers[0]))).toEqual(['xxxx', 'yyyy']);
    });

    test('never delivers from within send, nor from within the handling of another frame', async () => {
      const a = await start('a:1');
      let depth = 0;
      let deepest = 0;
      a.heard.onFrameHook = (frame) => {
        deepest = Math.max(deepest, ++depth);
        if (frame.toString() === 'first') a.carrier.send('a:1', Buffer.from('second'));
        depth--;
      };
      a.carrier.send('a:1', Buffer.from('first'));
      expect(a.heard.frames).toEqual([]);
      await eventually(() => expect(a.heard.frames).toEqual(['first', 'second']));
      expect(deepest).toBe(1);
    });

    test('gives back what nobody listens for: those frames, in order, in a later turn', async () => {
      const a = await start('a:1');
      const b = await start('b:1');
      for (const frame of ['1', '2', '3']) {
        a.carrier.send('nobody:1', Buffer.from(frame));
        a.carrier.send('b:1', Buffer.from(frame));
      }
      expect(a.heard.undeliverable).toEqual([]);
      await eventually(() => expect(a.heard.undeliverable).toEqual(['nobody:1 1', 'nobody:1 2', 'nobody:1 3']));
      await eventually(() => expect(b.heard.frames).toEqual(['1', '2', '3']));
      expect(a.heard.connected).toEqual([true]);
    });

    test('is silent once stopped, and others learn that nobody listens', async () => {
      const a = await start('a:1');
      const b = await start('b:1');
      await b.carrier.stop();
      a.carrier.send('b:1', Buffer.from('too late'));
      b.carrier.send('a:1', Buffer.from('never'));
      await eventually(() => expect(a.heard.undeliverable).toEqual(['b:1 too late']));
      expect(b.heard.frames).toEqual([]);
      expect(a.heard.frames).toEqual([]);
    });

    test('delivers what was sent before stop', async () => {
      const a = await start('a:1');
      const b = await start('b:1');
      a.carrier.send('b:1', Buffer.from('goodbye'));
      await a.carrier.stop();
      await eventually(() => expect(b.heard.frames).toEqual(['goodbye']));
    });

    test('starts again after stop', async () => {
      const a = await start('a:1');
      await a.carrier.stop();
      const again = new Recorder();
      await a.carrier.start(['a:2'], again);
      a.carrier.send('a:2', Buffer.from('back'));
      await eventually(() => expect(again.frames).toEqual(['back']));
      expect(a.heard.frames).toEqual([]);
    });
  });
}

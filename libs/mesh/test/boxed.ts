import { Packr } from 'msgpackr';
import type { Layouts } from '../src/frame/layout.js';
import { Outbox, type Unpackable } from '../src/frame/outbox.js';

export const HEAD = { from: 'gateway:g', incarnation: 'i' };

/** A box that overflows into `frames`. */
export function boxed(
  layouts: Layouts = {},
  maxBytes = Infinity,
): { box: Outbox; frames: Buffer[]; unpackable: Unpackable[] } {
  const frames: Buffer[] = [];
  const unpackable: Unpackable[] = [];
  const box = new Outbox('a', maxBytes, {
    layouts,
    onOverflow: (one, start) => frames.push(one.take(HEAD, start)),
    onUnpackable: (packet) => unpackable.push(packet),
  });
  return { box, frames, unpackable };
}

export const msgpackr = new Packr({ useRecords: false, variableMapSize: true });
/** What comes out where msgpackr alone carries it. */
export const carried = (value: unknown): unknown => msgpackr.unpack(msgpackr.pack(value)) as unknown;

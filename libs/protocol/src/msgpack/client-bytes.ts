import type { TextReader } from './reader.js';
import type { Memory } from './writer.js';

/** Up to so many bytes a loop beats a call. */
const SHORT = 24;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** As browsers have it. */
export const clientText: TextReader = (bytes, start, end) =>
  (end - start <= SHORT ? ascii(bytes, start, end) : undefined) ?? decoder.decode(bytes.subarray(start, end));

/** Undefined where it is more than ASCII. */
function ascii(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  for (let i = start; i < end; i++) {
    if (bytes[i]! >= 0x80) return undefined;
    text += String.fromCharCode(bytes[i]!);
  }
  return text;
}

export const clientMemory: Memory<Uint8Array<ArrayBuffer>> = {
  allocate: (size) => new Uint8Array(size),
  write: (target, text, at) => encoder.encodeInto(text, target.subarray(at)).written,
  copy: (source, start, end) => source.slice(start, end),
};

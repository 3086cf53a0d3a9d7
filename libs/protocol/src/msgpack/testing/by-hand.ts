import { ProtocolError } from '../../../index.js';

/**
 * Bytes as one writes them on paper: hexadecimal, and behind a colon the letters of a text (`~` for a space).
 *
 *     hand('82 a3:seq 07 a4:type 06')
 */
export function hand(paper: string): Buffer {
  const parts = paper.split(' ').filter((part) => part !== '');
  return Buffer.concat(
    parts.map((part) => {
      const [hex = '', ...text] = part.split(':');
      return Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from(text.join(':').replaceAll('~', ' '))]);
    }),
  );
}

/** A frame of small type and seq in the protocol's order, around a payload below 256 bytes. */
export function frameByHand(type: number, seq: number, payload: string): Buffer {
  const bytes = hand(payload);
  const head = [hand('83 a4:type'), Buffer.from([type]), hand('a3:seq'), Buffer.from([seq]), hand('a7:payload')];
  return Buffer.concat([...head, Buffer.from([0xc4, bytes.length]), bytes]);
}

/** What `act` was refused with; throws if it was not. */
export function refusalOf(act: () => unknown): ProtocolError {
  try {
    act();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

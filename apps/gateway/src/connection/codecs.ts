import { jsonCodec, msgpackCodec, type Codec } from '#protocol';

/** The encodings spoken here, the default first. */
export const CODECS: readonly [Codec, ...Codec[]] = [jsonCodec, msgpackCodec];

/** The codec for a connection whose first frame is text or binary. */
export const codecFor = (binary: boolean): Codec | undefined => CODECS.find((codec) => codec.binary === binary);

/** The first of the offered subprotocols that is known here (PROTOCOL.md §1). */
export function subprotocol(offered: Iterable<string>): Codec | undefined {
  for (const name of offered) {
    const codec = CODECS.find((known) => known.subprotocol === name);
    if (codec) return codec;
  }
  return undefined;
}

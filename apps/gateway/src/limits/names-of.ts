import { ProtocolError, type Codec, type Ref } from '#protocol';

/** What an answer to a frame names of it. */
export interface Names {
  readonly ref?: Ref;
  /** The command's type. */
  readonly command?: string;
}

/** Reads a frame only so far as its answer needs: one that is refused unhandled. Of one that cannot be read, what is known of it. */
export function namesOf(codec: Codec, frame: Buffer | undefined): Names {
  if (!frame) return {};
  try {
    const { ref, type: command } = codec.decode(frame);
    return { ref, command };
  } catch (error) {
    return error instanceof ProtocolError ? { ref: error.ref, command: error.command } : {};
  }
}

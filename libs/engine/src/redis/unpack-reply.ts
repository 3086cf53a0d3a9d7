import { Unpackr } from 'msgpackr';
import type { Reply } from './redis-server.js';

const unpackr = new Unpackr({ int64AsType: 'number' });

/**
 * What a script has answered with `cmsgpack.pack`: cheaper for both sides than a nested reply, of which Redis asks each table seven things and ioredis
 * makes each number and text on its own. Texts are strings here, what there is none of is false; so no reply with a body in it is packed.
 */
export function unpackReply(packed: Reply): readonly Reply[] {
  return unpackr.unpack(packed as Buffer) as Reply[];
}

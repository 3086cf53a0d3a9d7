import { ProtocolError } from '#protocol';

/** A place in something that the engine scans: within the page at `cursor`, after the item whose key is `after`. */
export interface Position {
  /** '0': the first page. */
  readonly cursor: string;
  /** How many the page was asked to hold: the rest of it is found again only by asking for as many. 0: it was not read yet. */
  readonly count: number;
  readonly after: string;
}

export interface ScannedPage<T> {
  readonly items: readonly T[];
  /** '0' on the last page. */
  readonly cursor: string;
}

export const START: Position = { cursor: '0', count: 0, after: '' };

/**
 * At most `limit` items, in the order of their keys within one page of the engine, and where to go on; undefined at the end. A scan promises
 * no length of its pages (a small set comes whole), so that one may have to be read again for its rest.
 */
export async function scan<T>(
  read: (cursor: string, count: number) => Promise<ScannedPage<T>>,
  { cursor, count, after }: Position,
  limit: number,
  keyOf: (item: T) => string,
): Promise<{ readonly items: readonly T[]; readonly next: Position | undefined }> {
  const asked = count || limit;
  const page = await read(cursor, asked);
  const rest = page.items.filter((item) => keyOf(item) > after).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (last !== undefined && rest.length > limit) return { items, next: { cursor, count: asked, after: keyOf(last) } };
  return { items, next: page.cursor === '0' ? undefined : { cursor: page.cursor, count: 0, after: '' } };
}

/** A position, and what else it takes to go on there, as clients carry it: opaque to them. */
export const tokenOf = ({ cursor, count, after }: Position, ...more: readonly string[]): string =>
  Buffer.from(JSON.stringify([cursor, String(count), after, ...more])).toString('base64url');

/** What `tokenOf` was given, with `more` further parts. Throws `WS_INVALID_PAYLOAD` for what is no such token. */
export function fromToken(token: string, more = 0): readonly [Position, ...(readonly string[])] {
  const parts = parsed(Buffer.from(token, 'base64url').toString());
  if (!Array.isArray(parts) || parts.length !== 3 + more || !parts.every((part) => typeof part === 'string'))
    throw strange();
  const [cursor = '', count = '', after = '', ...rest] = parts;
  // The engines' own: numbers, or "@" and a name.
  if (!/^(\d{1,19}$|@)/.test(cursor) || !/^\d{1,3}$/.test(count)) throw strange();
  return [{ cursor, count: Number(count), after }, ...rest];
}

const strange = (): ProtocolError => new ProtocolError('WS_INVALID_PAYLOAD', 'cursor must be a nextCursor of this API');

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

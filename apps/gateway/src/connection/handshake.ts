import type { IncomingHttpHeaders } from 'node:http';

/** A request for an upgrade, as Node would have it. */
export interface Handshake {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** More than browsers send with long cookies; Node takes 16 KiB. */
const MAX_BYTES = 8_192;
const END = '\r\n\r\n';
/** Path and query with the characters of RFC 3986 §3. */
const REQUEST_LINE = /^GET (\/[\w\-.~%!$&'()*+,;=:@/?]*) HTTP\/1\.1$/;
/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;
/** What a header may have in its line (RFC 9110 §5.5), but for what is obsolete. */
const PRINTABLE = /^[\t -~]*$/;
/** As browsers and libraries say it. */
const UPGRADES = /^(?:keep-alive, )?upgrade$/i;
/** What they mean, Node knows: a body, an answer before it, a list. */
const LEFT_TO_NODE = ['content-length', 'transfer-encoding', 'expect', 'set-cookie'] as const;

/**
 * Reads a WebSocket's handshake (RFC 6455 §4.1) that has come whole and alone, and says nothing unusual. Undefined for all else, be it valid or not: a
 * header that comes twice, is folded or not ASCII, a request with a body, another HTTP. Whatever is taken here Node's parser takes too, and reads the same.
 */
export function readHandshake(bytes: Buffer): Handshake | undefined {
  if (bytes.length > MAX_BYTES) return undefined;
  const text = bytes.toString('latin1');
  if (!text.endsWith(END)) return undefined;
  const lines = text.slice(0, -END.length).split('\r\n');
  const url = REQUEST_LINE.exec(lines[0] as string)?.[1];
  if (url === undefined) return undefined;
  const headers = readHeaders(lines);
  return headers && isPlainUpgrade(headers) ? { url, headers } : undefined;
}

/** Of the lines behind the first. */
function readHeaders(lines: readonly string[]): IncomingHttpHeaders | undefined {
  const headers: Record<string, string> = {};
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    // What comes twice; and what every object has, as `constructor`.
    if (!TOKEN.test(name) || !PRINTABLE.test(line) || headers[name] !== undefined) return undefined;
    headers[name] = line.slice(colon + 1).trim();
  }
  return headers;
}

const isPlainUpgrade = (headers: IncomingHttpHeaders): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket' &&
  UPGRADES.test(headers.connection ?? '') &&
  LEFT_TO_NODE.every((name) => headers[name] === undefined);

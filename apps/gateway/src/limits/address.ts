import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import proxyaddr from 'proxy-addr';
import { peerAddressOf } from '#net';

/** Whether what an address says of the address behind it is believed; undefined: nobody is. */
export type Trust = ((address: string) => boolean) | undefined;

/** @param proxies addresses, ranges and names of ranges (`TRUSTED_PROXIES`). */
export function trustIn(proxies: readonly string[] | undefined): Trust {
  if (!proxies) return undefined;
  const among = proxyaddr.compile([...proxies]);
  return (address) => among(address, 0);
}

/**
 * Whose connection it is, for counting: the last address of `X-Forwarded-For` that no trusted proxy has, else the peer's own. What a trusted
 * proxy passes on that is no address counts as the proxy's.
 */
export function addressOf(request: IncomingMessage, trust: Trust): string {
  const peer = peerAddressOf(request.socket) ?? 'unknown';
  if (!trust) return networkOf(peer);
  const claimed = withoutPort(proxyaddr(request, trust) ?? peer);
  return networkOf(isIP(claimed) === 0 ? peer : claimed);
}

/** Some proxies add the port: `1.2.3.4:5678`, `[::1]:5678`. */
const withoutPort = (address: string): string =>
  /^\[(.+)\](?::\d+)?$/.exec(address)?.[1] ?? /^(\d+(?:\.\d+){3}):\d+$/.exec(address)?.[1] ?? address;

/** What one client has: an IPv4 address, or 64 bits of an IPv6 one, within which it takes any (RFC 8981). */
export function networkOf(address: string): string {
  const plain = /^::ffff:(\d.*\..*)$/i.exec(address)?.[1] ?? address;
  return isIP(plain) === 6 ? `${hextets(plain).slice(0, 4).join(':')}::/64` : plain;
}

/** The eight groups of an IPv6 address; of an IPv4 address at its end no more than the room it takes. */
function hextets(address: string): string[] {
  const [before = '', after] = address.split('%', 1)[0]!.split('::');
  const left = groups(before);
  const right = after === undefined ? [] : groups(after);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...(after === undefined ? [] : zeros), ...right];
}

const groups = (part: string): string[] =>
  part
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => (group.includes('.') ? ['0', '0'] : [Number.parseInt(group, 16).toString(16)]));

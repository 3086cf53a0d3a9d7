/** One or several; TypeError for what is no address of a WebSocket. */
export function webSocketUrls(urls: string | readonly string[]): readonly string[] {
  const all = typeof urls === 'string' ? [urls] : [...urls];
  if (all.length === 0) throw new TypeError('no address to connect to');
  for (const url of all)
    if (!URL.canParse(url) || !/^wss?:$/.test(new URL(url).protocol))
      throw new TypeError(`${url} is no ws: or wss: address`);
  return all;
}

/** Throws a TypeError that names the field and its rule. */
export function check(field: string, good: boolean, rule: string): void {
  if (!good) throw new TypeError(`${field} ${rule}`);
}

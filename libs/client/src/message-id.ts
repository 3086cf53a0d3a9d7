/**
 * Makes ids for messages: unique over all clients by 96 random bits drawn once, then counted. `randomUUID` would do, but browsers have
 * it on secure pages only.
 */
export function messageIds(): () => string {
  const prefix = Array.from(crypto.getRandomValues(new Uint8Array(12)), hex).join('');
  let count = 0;
  return () => `${prefix}-${++count}`;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

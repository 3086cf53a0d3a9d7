/** A command as Redis takes it (RESP, an array of texts), in one buffer. */
export function encode(parts: readonly (string | Buffer)[]): Buffer {
  const heads = [`*${parts.length}\r\n`];
  let size = 2 * parts.length;
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.byteLength(part) : part.length;
    heads.push(`$${bytes}\r\n`);
    size += bytes;
  }
  for (const head of heads) size += head.length;
  return write(heads, parts, Buffer.allocUnsafe(size));
}

function write([first = '', ...heads]: readonly string[], parts: readonly (string | Buffer)[], into: Buffer): Buffer {
  let at = into.write(first, 'latin1');
  parts.forEach((part, i) => {
    at += into.write(heads[i] as string, at, 'latin1');
    if (typeof part === 'string') at += into.write(part, at);
    else {
      into.set(part, at);
      at += part.length;
    }
    into[at++] = 0x0d;
    into[at++] = 0x0a;
  });
  return into;
}

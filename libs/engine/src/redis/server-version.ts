const REDIS_FLOOR = [7, 0] as const;
const VALKEY_FLOOR = [7, 2] as const;

/**
 * Throws when the answer of `INFO server` names a server older than the scripts need (`XADD key 0-*`, `PEXPIREAT`, exact error codes), or one whose
 * `long` has not the bits for a time in milliseconds.
 */
export function checkServerVersion(info: string): void {
  const bits = field(info, 'arch_bits') ?? '64';
  if (bits !== '64') throw new Error(`The engine needs a Redis of 64 bits, this one has ${bits}.`);
  const valkey = field(info, 'valkey_version');
  const version = valkey ?? field(info, 'redis_version');
  const [name, floor] = valkey === undefined ? ['Redis', REDIS_FLOOR] : ['Valkey', VALKEY_FLOOR];
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  if (major > floor[0] || (major === floor[0] && minor >= floor[1])) return;
  throw new Error(
    `${name} ${version ?? '(unknown version)'} is too old: the engine needs Redis 7.0 or Valkey 7.2 at least.`,
  );
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1];
}

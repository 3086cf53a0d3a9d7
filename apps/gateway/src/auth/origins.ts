/** An origin taken apart: host and scheme in lower case, the port always there. */
interface Origin {
  readonly scheme: string;
  readonly host: string;
  readonly port: string;
}

/** Which origins one entry of the list allows. */
type Rule = (origin: Origin) => boolean;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };
const ORIGIN = /^(https?):\/\/([^\s/*?#@:[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?$/;
const SUBDOMAINS = /^(?:(https?):\/\/)?\*(\.[^\s/*?#@:]+)(?::(\d{1,5}))?$/;

/**
 * The pages that may connect (`ALLOWED_ORIGINS`). `https://chat.example.org` is that scheme, host and port; `https://*.example.org` every
 * subdomain of example.org at that scheme and port, never example.org itself; `*.example.org` the same with either scheme. A port that is not named is
 * the scheme's own. `*` is every origin, `null` included.
 */
export class AllowedOrigins {
  private readonly rules: readonly Rule[];
  private readonly any: boolean;

  constructor(entries: readonly string[]) {
    this.any = entries.includes('*');
    this.rules = entries.filter((entry) => entry !== '*').map(ruleOf);
  }

  allows(origin: string): boolean {
    if (this.any) return true;
    const parsed = parse(origin);
    return parsed !== undefined && this.rules.some((rule) => rule(parsed));
  }
}

const compiled = new WeakMap<readonly string[], AllowedOrigins>();

/** Whether a list allows an origin; each list is read once. */
export function allowsOrigin(entries: readonly string[], origin: string): boolean {
  const known = compiled.get(entries);
  const origins = known ?? new AllowedOrigins(entries);
  if (!known) compiled.set(entries, origins);
  return origins.allows(origin);
}

function parse(text: string): Origin | undefined {
  const [, scheme = '', host = '', port] = ORIGIN.exec(text.toLowerCase()) ?? [];
  return host === '' ? undefined : { scheme, host, port: Number(port ?? DEFAULT_PORTS[scheme]).toString() };
}

function ruleOf(entry: string): Rule {
  const exact = parse(entry);
  if (exact) return ({ scheme, host, port }) => scheme === exact.scheme && host === exact.host && port === exact.port;
  const [, onlyScheme, suffix = '', onlyPort] = SUBDOMAINS.exec(entry.toLowerCase()) ?? [];
  if (suffix === '') throw new TypeError(`${entry} is no origin`);
  return ({ scheme, host, port }) =>
    host.length > suffix.length &&
    host.endsWith(suffix) &&
    scheme === (onlyScheme ?? scheme) &&
    port === Number(onlyPort ?? DEFAULT_PORTS[scheme]).toString();
}

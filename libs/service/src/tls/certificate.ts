import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:tls';
import { Logger } from '@nestjs/common';
import { systemClock, type Clock, type TimerHandle } from '#actor';
import { ConfigError } from '../config/config-error.js';
import type { Config } from '../config/read-config.js';
import { VARIABLES, type VariableName } from '../config/variables.js';
import { samePair, validUntil, type KeyPair } from './key-pair.js';

/** How often the files are looked at, ms. */
export const CERTIFICATE_CHECK_MS = 2_000;

/** Whoever begins a TLS handshake and does not end it is cut off, ms. Node waits two minutes. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

interface Files {
  readonly cert: string;
  readonly key: string;
}

/**
 * The certificate that a server shows. Its files are read again and again, and their content is compared: file system events miss what certbot and
 * Kubernetes do (links that are pointed elsewhere, whole directories swapped), and times of change are too coarse for two writes in a row. Two small
 * files every two seconds cost nothing. A pair that does not fit (half-written, say) is not taken: the old one goes on until it does.
 */
export class Certificate {
  private readonly logger = new Logger('Tls');
  private until: Date;
  private complaint: string | undefined;
  private timer: TimerHandle = undefined;
  private stopped = false;
  private taken = 0;

  private constructor(
    private readonly files: Files,
    private current: KeyPair,
    private readonly clock: Clock,
  ) {
    this.until = validUntil(current);
  }

  /** Of `TLS_CERT_FILE` and `TLS_KEY_FILE`; undefined where they are not set. Throws `ConfigError` where they cannot be used. */
  static of(config: Partial<Config<'TLS_CERT_FILE' | 'TLS_KEY_FILE'>>, clock = systemClock): Certificate | undefined {
    const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = config;
    if (cert === undefined || key === undefined) return undefined;
    const pair = { cert: content('TLS_CERT_FILE', cert), key: content('TLS_KEY_FILE', key) };
    return asConfigured('TLS_CERT_FILE', cert, () => new Certificate({ cert, key }, pair, clock));
  }

  /** What an https server is made with. */
  get serverOptions(): KeyPair & { readonly handshakeTimeout: number } {
    return { ...this.current, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  }

  /** For /stats. */
  get state(): { readonly validUntil: string; readonly reloads: number } {
    return { validUntil: this.until.toISOString(), reloads: this.taken };
  }

  /** From now on the server shows new connections what the files hold. Those that are open keep what they have. */
  watch(server: Pick<Server, 'setSecureContext'>): void {
    this.timer = this.clock.setTimeout(() => void this.look(server), CERTIFICATE_CHECK_MS);
  }

  stop(): void {
    this.stopped = true;
    this.clock.clearTimeout(this.timer);
  }

  private async look(server: Pick<Server, 'setSecureContext'>): Promise<void> {
    await this.check(server);
    if (!this.stopped) this.watch(server);
  }

  /** Never rejects. */
  private async check(server: Pick<Server, 'setSecureContext'>): Promise<void> {
    try {
      const [cert, key] = await Promise.all([readFile(this.files.cert, 'utf8'), readFile(this.files.key, 'utf8')]);
      const pair = { cert, key };
      if (!samePair(pair, this.current) && !this.stopped) this.take(pair, server);
      this.complaint = undefined;
    } catch (error) {
      this.complain(String(error));
    }
  }

  private take(pair: KeyPair, server: Pick<Server, 'setSecureContext'>): void {
    const until = validUntil(pair);
    server.setSecureContext({ ...pair });
    this.current = pair;
    this.until = until;
    this.taken++;
    this.logger.log(this.state, 'the certificate has changed');
  }

  /** Once for as long as it is the same. */
  private complain(reason: string): void {
    if (reason === this.complaint) return;
    this.complaint = reason;
    this.logger.warn({ reason, ...this.state }, 'the new certificate cannot be used; the old one goes on');
  }
}

const content = (name: VariableName, file: string): string =>
  asConfigured(name, file, () => readFileSync(file, 'utf8'));

function asConfigured<T>(name: VariableName, value: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new ConfigError([{ name, value, allowed: `${VARIABLES[name].allowed} (${(error as Error).message})` }]);
  }
}

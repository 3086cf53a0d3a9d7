import { SignJWT, type JWTPayload } from 'jose';
import { VirtualClock, WireClient, eventually } from '#testing';
import { GatewayUnderTest } from './gateway-under-test.js';
import { NOTHING, leftovers } from './leftovers.js';

export const TOKEN_SECRET = 'a secret of at least thirty-two bytes';
export const TOLERANCE_MS = 5_000;
export const FAILED = { type: 'error', error: 'Authentication failed', code: 'WS_AUTH_FAILED' };
export const FORBIDDEN = { type: 'error', error: 'The token is of another user', code: 'WS_FORBIDDEN' };

/** A gateway that asks for tokens, and clients that have some. Its clock stands still; it starts at a whole second. */
export class TokenStage {
  private readonly clients: WireClient[] = [];

  private constructor(
    readonly clock: VirtualClock,
    readonly gateway: GatewayUnderTest,
  ) {}

  /** @param keys where the keys come from; default: tokens are signed with TOKEN_SECRET. */
  static async start(keys: Readonly<Record<string, string>> = { JWT_SECRET: TOKEN_SECRET }): Promise<TokenStage> {
    const clock = new VirtualClock(Math.floor(Date.now() / 1_000) * 1_000);
    const env = { AUTH_MODE: 'jwt', JWT_AUDIENCE: 'chat', ...keys };
    return new TokenStage(clock, await GatewayUnderTest.start({ clock, env }));
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.terminate();
    await this.gateway.stop();
  }

  /** Seconds since the epoch, as claims have it. */
  in(seconds: number): number {
    return this.clock.now() / 1_000 + seconds;
  }

  /** Of alice, for ten minutes, unless it says otherwise. */
  claims(claims: JWTPayload = {}): JWTPayload {
    return { sub: 'alice', aud: 'chat', exp: this.in(600), ...claims };
  }

  token(claims: JWTPayload = {}, secret = TOKEN_SECRET): Promise<string> {
    return new SignJWT(this.claims(claims)).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
  }

  async connect(bearer?: string): Promise<WireClient> {
    const headers = bearer === undefined ? undefined : { Authorization: `Bearer ${bearer}` };
    const client = await WireClient.connect(this.gateway.url, { headers });
    this.clients.push(client);
    return client;
  }

  /** A client that has come in by a token with these claims. */
  async registered(claims: JWTPayload = {}): Promise<WireClient> {
    const client = await this.connect();
    client.send({ type: 'auth', token: await this.token(claims) });
    const answer = await client.next();
    if (answer['type'] !== 'registered') throw new Error(`not registered: ${JSON.stringify(answer)}`);
    return client;
  }

  async nothingLeft(): Promise<void> {
    await eventually(() => {
      const left = JSON.stringify(leftovers(this.gateway));
      if (left !== JSON.stringify(NOTHING)) throw new Error(left);
    });
  }
}

/** Fails unless the connection answers. */
export async function stays(client: WireClient): Promise<void> {
  client.send({ type: 'ping' });
  const answer = await client.next();
  if (answer['type'] !== 'pong') throw new Error(`no pong: ${JSON.stringify(answer)}`);
}

/** Waits until it is closed, and says how. */
export const closing = (client: WireClient): Promise<number> =>
  eventually(() => {
    if (!client.closed) throw new Error('still open');
    return client.closed.code;
  });

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, type JWK, type JWTPayload } from 'jose';

export interface IssuedKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: JWK;
}

/** A key of an issuer: ES256. */
export async function issuedKey(kid: string): Promise<IssuedKey> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid } };
}

/** A token of an issuer's, signed with that key. */
export const issue = ({ kid, privateKey }: IssuedKey, claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);

/** A real HTTP server on loopback that gives out a JSON Web Key Set, and may go away and come back. */
export class KeyServer {
  requests = 0;
  /** What it answers with. */
  keys: readonly JWK[] = [];
  /** Answers wait until it is false. */
  holding = false;
  /** Takes the place of a good answer. */
  broken: string | undefined;
  private port = 0;
  private server: Server | undefined;
  private waiting: ServerResponse[] = [];

  static async start(...keys: readonly IssuedKey[]): Promise<KeyServer> {
    const server = new KeyServer();
    server.keys = keys.map(({ jwk }) => jwk);
    await server.comeBack();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/keys.json`;
  }

  get held(): number {
    return this.waiting.length;
  }

  async comeBack(): Promise<void> {
    const server = createServer((_, response) => {
      this.requests++;
      if (this.holding) this.waiting.push(response);
      else this.answer(response);
    });
    this.server = server;
    await new Promise<void>((done, fail) => server.once('error', fail).listen(this.port, '127.0.0.1', done));
    this.port = (server.address() as AddressInfo).port;
  }

  /** Nobody listens there any more. */
  async goAway(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  }

  release(): void {
    this.holding = false;
    for (const response of this.waiting.splice(0)) this.answer(response);
  }

  private answer(response: ServerResponse): void {
    response.setHeader('Content-Type', 'application/json');
    response.end(this.broken ?? JSON.stringify({ keys: this.keys }));
  }
}

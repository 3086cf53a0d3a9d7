import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketServer, type Server as WsServer, type ServerOptions } from 'ws';
import { Authentication } from '../auth/authentication.js';
import { bearerToken } from '../auth/bearer.js';
import { Grants } from '../auth/grants.js';
import type { Token } from '../auth/token.js';
import { readToListeners } from '#net';
import { ProtocolError } from '#protocol';
import { Admission, type Refusal } from './admission.js';
import { subprotocol } from './codecs.js';
import { Counters } from './counters.js';
import { EdgeSocket } from './edge-socket.js';
import { Sessions } from './sessions.js';

/** How long a peer may take to answer a close frame before it is cut off, ms. */
const CLOSE_TIMEOUT_MS = 5_000;

type EdgeServer = WsServer<typeof EdgeSocket>;

/** `closeTimeout` is the library's own; its types lag behind. */
type EdgeServerOptions = ServerOptions<typeof EdgeSocket> & { readonly closeTimeout: number };

/** A handshake that has got so far. */
interface Upgrading {
  readonly server: EdgeServer;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

export interface EdgeAdapterOptions {
  /** Longest frame from a client, bytes; one above closes with 1009. */
  readonly maxPayload: number;
}

/**
 * Nest's WebSocket extension point, with sessions of our own in place of its message streams: frames go to the Session actor of their socket, and
 * upgrades are refused with an HTTP answer. Nest's own adapter answers by JSON.stringify, drops unknown events in silence, lets handlers of one
 * socket overlap and never looks at what waits to be sent.
 */
export class EdgeAdapter extends WsAdapter {
  private readonly sessions: Sessions;
  private readonly admission: Admission;
  private readonly authentication: Authentication;
  private readonly grants: Grants;
  private readonly counters: Counters;
  /** Tokens of sockets that have no session yet. */
  private readonly tokens = new WeakMap<EdgeSocket, Token>();
  /** Upgrades whose token is being looked at. */
  private verifying = 0;
  private path = '';
  private onUpgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;

  constructor(
    app: INestApplication,
    private readonly options: EdgeAdapterOptions,
  ) {
    super(app);
    this.sessions = app.get(Sessions);
    this.admission = app.get(Admission);
    this.authentication = app.get(Authentication);
    this.grants = app.get(Grants);
    this.counters = app.get(Counters);
  }

  /** Called by Nest once for the gateway class; `options` are its decorator's. */
  override create(_port: number, options: { readonly path?: string } = {}): EdgeServer {
    if (this.onUpgrade) throw new Error(`the edge serves one path, ${this.path}; not ${options.path} as well`);
    const server = new WebSocketServer<typeof EdgeSocket>(this.serverOptions());
    this.path = options.path ?? '/';
    this.listen(server);
    return server;
  }

  /** Called by Nest for each connection, with the gateway's message handlers: it has none. */
  override bindMessageHandlers(socket: EdgeSocket): void {
    const session = this.sessions.open(socket);
    const token = this.tokens.get(socket);
    if (token) this.grants.give(session, token);
  }

  /** Sessions see to their end themselves. */
  override bindClientDisconnect(): void {}

  override async close(server: EdgeServer): Promise<void> {
    if (this.onUpgrade) (this.httpServer as Server).off('upgrade', this.onUpgrade);
    await new Promise<void>((done) => server.close(() => done()));
  }

  private serverOptions(): EdgeServerOptions {
    return {
      noServer: true,
      WebSocket: EdgeSocket,
      maxPayload: this.options.maxPayload,
      perMessageDeflate: false,
      // The registry knows them all.
      clientTracking: false,
      closeTimeout: CLOSE_TIMEOUT_MS,
      handleProtocols: (offered) => subprotocol(offered)?.subprotocol ?? false,
    };
  }

  private listen(server: EdgeServer): void {
    this.onUpgrade = (request, socket, head) => {
      if (!isHandshake(request)) return refuse(socket, NO_HANDSHAKE);
      const { origin } = request.headers;
      const refused = this.admission.refusal({ path: pathOf(request), origin, request, socket }, this.path);
      if (refused) return refuse(socket, refused);
      const bearer = this.authentication.required ? bearerToken(request.headers.authorization) : undefined;
      const upgrade = { server, request, socket, head };
      if (bearer === undefined) accept(upgrade);
      else void this.authenticate(upgrade, bearer);
    };
    (this.httpServer as Server).on('upgrade', this.onUpgrade);
  }

  /** Lets in whose token holds. While it is looked at (the issuer's keys may have to be fetched) the socket waits unread. */
  private async authenticate(upgrade: Upgrading, bearer: string): Promise<void> {
    const { socket } = upgrade;
    const onError = (): unknown => socket.destroy();
    socket.on('error', onError);
    const verified = await this.verified(bearer);
    socket.off('error', onError);
    // The drain may have begun meanwhile, and have closed those that were there.
    const token = this.admission.shut() ?? verified;
    if ('status' in token) {
      this.counters.countRefused(token);
      return refuse(socket, token);
    }
    accept(upgrade, (accepted) => this.tokens.set(accepted, token));
  }

  private async verified(bearer: string): Promise<Token | Refusal> {
    if (this.verifying >= VERIFYING_MAX) return { ...KEYS_AWAY, retryAfterSeconds: 1 };
    this.verifying++;
    try {
      return await this.authentication.admit(bearer);
    } catch (error) {
      return refusalOf(error);
    } finally {
      this.verifying--;
    }
  }
}

function accept({ server, request, socket, head }: Upgrading, prepare?: (accepted: EdgeSocket) => void): void {
  readToListeners(socket);
  server.handleUpgrade(request, socket, head, (accepted) => {
    accepted.raw = socket;
    prepare?.(accepted);
    server.emit('connection', accepted, request);
  });
}

/** Upgrades that may wait for the issuer's keys at once. */
const VERIFYING_MAX = 1_000;

const KEYS_AWAY = { status: 503, reason: 'tokens cannot be checked now' } as const;
/** RFC 6750 §3.1. */
const BAD_TOKEN: Refusal = { status: 401, reason: 'authentication failed', challenge: 'Bearer error="invalid_token"' };

function refusalOf(error: unknown): Refusal {
  if (!(error instanceof ProtocolError) || error.code !== 'WS_UNAVAILABLE') return BAD_TOKEN;
  return { ...KEYS_AWAY, retryAfterSeconds: Math.ceil((error.retryAfterMs ?? 1_000) / 1_000) };
}

/** What RFC 6455 §4.2.1 asks of a request and neither Node nor the library looks at. */
const isHandshake = ({ httpVersionMajor, httpVersionMinor, headers }: IncomingMessage): boolean =>
  (httpVersionMajor > 1 || httpVersionMinor >= 1) && headers.host !== undefined;

const NO_HANDSHAKE: Refusal = { status: 400, reason: 'HTTP/1.1 with a Host is needed' };

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0]!;

function refuse(socket: Duplex, { status, reason, retryAfterSeconds, challenge }: Refusal): void {
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain',
    `Content-Length: ${Buffer.byteLength(reason)}`,
    ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${retryAfterSeconds}`]),
    ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
  ];
  // The client may be gone already; that is no concern of ours.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${headers.join('\r\n')}\r\n\r\n${reason}`);
}

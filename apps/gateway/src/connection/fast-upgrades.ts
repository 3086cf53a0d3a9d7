import { IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { Clock } from '#actor';
import { OptionKinds, readByStream, readToListeners } from '#net';
import { Deadlines } from './deadlines.js';
import { readHandshake, type Handshake } from './handshake.js';

/** A connection that has said nothing for so long, ms, is Node's, which bounds how much longer it may (AUTH_TIMEOUT_MS). */
const SILENT_MS = 1_000;
const NOTHING = Buffer.alloc(0);

/** What a server does with a connection. */
type Serve = (this: Server, socket: Socket) => void;

/**
 * Upgrades most clients without Node's HTTP parser and what hangs on it, about a tenth of what a connection costs: those whose handshake comes whole with
 * the first bytes, and says nothing unusual (handshake.ts). It makes the same `upgrade` event of them. All else goes to Node from the first byte on:
 * the HTTP API, what comes in pieces, what is wrong, who says nothing. To be called before the server listens.
 */
export function upgradeFast(server: Server, clock: Clock): void {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  const [serve] = server.listeners(event) as [Serve];
  const doorway = new Doorway(server, serve, clock);
  server.off(event, serve);
  server.on(event, (socket: Socket) => doorway.open(socket));
  server.on('close', () => doorway.stop());
}

/** Where connections are until they have said something. */
class Doorway {
  private readonly silent: Deadlines<Socket>;
  private readonly optionKinds = new OptionKinds();
  private readonly onData: (this: Socket, bytes: Buffer) => void;

  /** @param serve Node's way. */
  constructor(
    private readonly server: Server,
    private readonly serve: Serve,
    clock: Clock,
  ) {
    this.silent = new Deadlines(clock, SILENT_MS, (socket) => {
      if (!socket.destroyed) this.pass(socket);
    });
    // One listener for all sockets.
    const begun = this.begun.bind(this);
    this.onData = function (bytes) {
      begun(this, bytes);
    };
  }

  open(socket: Socket): void {
    this.optionKinds.socketMade();
    readToListeners(socket);
    socket.on('data', this.onData).on('end', cut).on('error', cut);
    this.silent.start(socket);
  }

  stop(): void {
    this.silent.stop();
  }

  private begun(socket: Socket, bytes: Buffer): void {
    this.silent.cancel(socket);
    const handshake = this.server.listenerCount('upgrade') > 0 ? readHandshake(bytes) : undefined;
    if (handshake) this.upgrade(socket, handshake);
    else this.pass(socket, bytes);
  }

  private upgrade(socket: Socket, handshake: Handshake): void {
    this.release(socket);
    this.server.emit('upgrade', requestOf(socket, handshake), socket, NOTHING);
  }

  private pass(socket: Socket, bytes?: Buffer): void {
    this.release(socket);
    this.serve.call(this.server, socket);
    if (bytes) socket.unshift(bytes);
  }

  /** Leaves it as Node does a socket that it has upgraded: whoever takes it may wait before it reads, and nothing is lost meanwhile. */
  private release(socket: Socket): void {
    socket.off('data', this.onData).off('end', cut).off('error', cut);
    readByStream(socket);
    Object.assign(socket, { readableFlowing: null });
  }
}

/** Gone before it said anything. */
function cut(this: Socket): void {
  this.destroy();
}

function requestOf(socket: Socket, { url, headers }: Handshake): IncomingMessage {
  const request = new IncomingMessage(socket);
  request.method = 'GET';
  request.url = url;
  request.httpVersion = '1.1';
  request.httpVersionMajor = request.httpVersionMinor = 1;
  request.headers = headers;
  return request;
}

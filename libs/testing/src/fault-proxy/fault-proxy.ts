import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../ports.js';
import { Pipe, reset, UNHINDERED, type Flow } from './pipe.js';

/** `up`: from whoever connected to the proxy to the server behind it; `down`: back. */
export type Direction = 'up' | 'down';

/** Which of the connections, by their place in the order in which they were made; default: all. */
export type Chosen = (place: number) => boolean;

const ALL: Chosen = () => true;
const BOTH: readonly Direction[] = ['up', 'down'];

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  readonly up: Pipe;
  readonly down: Pipe;
}

/**
 * A TCP proxy on loopback that stands for a network: slow, cut, lossy or resetting on demand. What is set holds for connections that are
 * made later too, until `heal`.
 */
export class FaultProxy {
  private readonly links = new Set<Link>();
  private readonly flows: Record<Direction, Flow> = { up: UNHINDERED, down: UNHINDERED };
  private refusing = false;

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly target: number,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  /** Listens on a free port and passes on to the port `target`. */
  static async start(target: number): Promise<FaultProxy> {
    const port = await freePort();
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done));
    return new FaultProxy(server, port, target);
  }

  /** Connections that go through now. */
  get connections(): number {
    return this.links.size;
  }

  /** Makes it slow: each chunk comes `delayMs` late, each connection gets `bytesPerSecond`. */
  slow(
    { delayMs = 0, bytesPerSecond = Infinity }: Partial<Omit<Flow, 'gate'>>,
    way: readonly Direction[] = BOTH,
  ): void {
    this.change(way, (flow) => ({ ...flow, delayMs, bytesPerSecond }));
  }

  /** Nothing passes and nobody is told; all of it comes after `heal`. New connections are taken and hear nothing. */
  cut(way: readonly Direction[] = BOTH): void {
    this.change(way, (flow) => ({ ...flow, gate: 'hold' }));
  }

  /** What is sent is lost, and nobody is told; `heal` resets the connections that have lost anything. */
  drop(way: readonly Direction[] = BOTH): void {
    this.change(way, (flow) => ({ ...flow, gate: 'drop' }));
  }

  /** New connections are reset at once; those that are there stay. */
  refuse(): void {
    this.refusing = true;
  }

  /** Resets connections on both sides. Returns how many. */
  reset(chosen: Chosen = ALL): number {
    const links = this.pick(chosen);
    for (const link of links) this.end(link);
    return links.length;
  }

  /** One side is gone, the other is not told and never hears of it again: what a cable pulled or a lost NAT entry leaves. Returns how many. */
  halfOpen(gone: 'client' | 'server', chosen: Chosen = ALL): number {
    const links = this.pick(chosen);
    for (const link of links) {
      link.up.change({ ...this.flows.up, gate: 'drop' });
      link.down.change({ ...this.flows.down, gate: 'drop' });
      link.up.broken = true;
      reset(link[gone]);
    }
    return links.length;
  }

  /** All passes again; connections that can not go on are reset. */
  heal(): void {
    this.refusing = false;
    this.flows.up = this.flows.down = UNHINDERED;
    for (const link of this.links) {
      if (link.up.broken || link.down.broken) this.end(link);
      else for (const way of BOTH) link[way].change(UNHINDERED);
    }
  }

  async stop(): Promise<void> {
    this.reset();
    await new Promise<void>((done) => this.server.close(() => done()));
  }

  private pick(chosen: Chosen): Link[] {
    return [...this.links].filter((_, place) => chosen(place));
  }

  private change(way: readonly Direction[], to: (flow: Flow) => Flow): void {
    for (const direction of way) {
      this.flows[direction] = to(this.flows[direction]);
      for (const link of this.links) if (!link[direction].broken) link[direction].change(this.flows[direction]);
    }
  }

  private accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.refusing) return reset(client);
    const server = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    server.on('error', () => undefined);
    for (const socket of [client, server]) socket.setNoDelay(true);
    const link: Link = {
      client,
      server,
      up: new Pipe(client, server, this.flows.up),
      down: new Pipe(server, client, this.flows.down),
    };
    this.links.add(link);
    for (const socket of [client, server]) socket.on('close', () => this.closed(link));
  }

  private closed(link: Link): void {
    if (link.client.destroyed && link.server.destroyed) this.forget(link);
  }

  private end(link: Link): void {
    reset(link.client);
    reset(link.server);
    this.forget(link);
  }

  private forget(link: Link): void {
    link.up.stop();
    link.down.stop();
    this.links.delete(link);
  }
}

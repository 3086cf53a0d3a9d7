import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppProcess, freePort } from '#testing';
import { OPCODE, type ServerFrame } from './raw-frames.js';
import { RawPeer, type Fields } from './raw-peer.js';

/** A real gateway, everything in one process: what conformance is tested against. */
export class Edge {
  private readonly peers = new Set<RawPeer>();
  private users = 0;

  private constructor(
    readonly app: AppProcess,
    private readonly directory: string,
  ) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<Edge> {
    const directory = await mkdtemp(join(tmpdir(), 'switchboard-conformance-'));
    const off = { RATE_LIMIT_FRAMES: '0', RATE_LIMIT_BYTES: '0', USER_RATE_LIMIT_FRAMES: '0' };
    const app = AppProcess.spawn('standalone', await freePort(), { DATA_DIR: directory, ...off, ...env });
    return new Edge(await app.ready(), directory);
  }

  get port(): number {
    return this.app.port;
  }

  async dial(): Promise<RawPeer> {
    return this.keep(await RawPeer.dial(this.port));
  }

  async open(fields: Fields = {}): Promise<RawPeer> {
    return this.keep(await RawPeer.open(this.port, fields));
  }

  /** A registered user of their own, whose messages to themselves are the echo. */
  async echo(): Promise<Echo> {
    const peer = await this.open();
    const userId = `user-${++this.users}`;
    peer.send({ opcode: OPCODE.text, payload: JSON.stringify({ type: 'register', userId }) });
    const registered = jsonOf(await peer.next());
    if (registered['type'] !== 'registered') throw new Error(JSON.stringify(registered));
    return new Echo(peer, userId);
  }

  async stop(): Promise<void> {
    for (const peer of this.peers) peer.destroy();
    await this.app.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  private keep(peer: RawPeer): RawPeer {
    this.peers.add(peer);
    return peer;
  }
}

/** A connection on which a message to oneself comes back. */
export class Echo {
  constructor(
    readonly peer: RawPeer,
    readonly userId: string,
  ) {}

  /** The frame that is echoed as `content`. */
  frame(content: string): string {
    return `{"type":"message","to":"${this.userId}","content":${JSON.stringify(content)}}`;
  }

  /** One of exactly `length` bytes. */
  frameOf(length: number): string {
    const shell = this.frame('').length;
    if (length < shell) throw new Error(`a frame has at least ${shell} bytes`);
    return this.frame('*'.repeat(length - shell));
  }

  /** The next frame is a message with this content. */
  async returns(content: string): Promise<void> {
    const event = jsonOf(await this.peer.next());
    if (event['type'] !== 'message' || event['content'] !== content)
      throw new Error(`wanted ${content.slice(0, 40)}, got ${JSON.stringify(event).slice(0, 200)}`);
  }

  /** Still served: a plain message comes back, after nothing else. */
  async works(): Promise<void> {
    this.peer.send({ opcode: OPCODE.text, payload: this.frame('still here') });
    await this.returns('still here');
  }
}

/** A JSON text frame of the server, which must be a whole, plain one. */
export function jsonOf(frame: ServerFrame): Readonly<Record<string, unknown>> {
  if (!frame.fin || frame.rsv !== 0 || frame.masked || frame.opcode !== OPCODE.text)
    throw new Error(`no plain text frame: ${JSON.stringify({ ...frame, payload: frame.payload.toString() })}`);
  return JSON.parse(frame.payload.toString()) as Record<string, unknown>;
}

import { ProtocolError } from '#protocol';
import type { Command, RegisterCommand, ServerEvent } from '#protocol';
import { IDLE } from './connection.js';
import type { Connection, Effect, Input, Phase } from './connection.js';
import { ABNORMAL } from './ending.js';
import type { Settings } from './options.js';
import { AUTH_REF } from './refs.js';
import { Socket, platformWebSocket } from './socket.js';
import { Tokens, type TokenSource } from './tokens.js';
import { transition } from './transition.js';

/** Effects that are about more than sockets and time; the client's. */
export type Outcome = Extract<Effect, { do: 'resend' | 'pass' | 'deliver' | 'notify' | 'end' }>;

/** The thin shell around the state machine: one socket, one timer. */
export class Link {
  private state: Connection = IDLE;
  private socket?: Socket;
  /** Tells the socket that is being opened from earlier ones given up meanwhile. */
  private opening = 0;
  private timer?: unknown;
  private readonly inputs: Input[] = [];
  private busy = false;
  private tokens?: Tokens;
  /** The address that is next: after a failure another gateway may do at once. */
  private turn: number;

  constructor(
    private readonly urls: readonly string[],
    private readonly settings: Settings,
    private readonly onOutcome: (outcome: Outcome) => void,
  ) {
    this.turn = Math.floor(settings.random() * urls.length);
  }

  /** Each registration takes a token along. To be called before the first. */
  authenticate(source: TokenSource): void {
    const renew = (token: string): void => this.transmit({ type: 'auth', ref: AUTH_REF, token });
    this.tokens = new Tokens(source, this.settings.clock, renew);
  }

  get phase(): Phase {
    return this.state.phase;
  }

  get ended(): Connection['ended'] {
    return this.state.ended;
  }

  get cursor(): Connection['cursor'] {
    return this.state.cursor;
  }

  transmit(command: Command): void {
    this.socket?.send(this.settings.codec.encode(command));
  }

  /** One input at a time: what a listener asks for while effects are carried out (say, to close) waits until they are all done. */
  dispatch(input: Input): void {
    this.inputs.push(input);
    if (this.busy) return;
    this.busy = true;
    try {
      for (let next = this.inputs.shift(); next; next = this.inputs.shift()) this.take(next);
    } finally {
      this.busy = false;
    }
  }

  private take(input: Input): void {
    const { timing, clock, random } = this.settings;
    const [next, effects] = transition(this.state, input, { timing, now: clock.now(), random });
    if (next.phase !== this.state.phase) clock.clearTimeout(this.timer);
    if (isOver(next.phase)) this.tokens?.stop();
    this.state = next;
    for (const effect of effects) this.perform(effect);
  }

  private perform(effect: Effect): void {
    switch (effect.do) {
      case 'open':
        return void this.open(++this.opening);
      case 'transmit':
        return effect.command.type === 'register' && this.tokens
          ? void this.register(effect.command, this.tokens)
          : this.transmit(effect.command);
      case 'hangUp':
        return this.socket?.close(effect.code, effect.reason);
      case 'abandon':
        return this.abandon();
      case 'wait':
        return this.wait(effect.ms);
      default:
        return this.onOutcome(effect);
    }
  }

  private wait(ms: number): void {
    const { clock } = this.settings;
    clock.clearTimeout(this.timer);
    this.timer = clock.setTimeout(() => this.dispatch({ type: 'timer' }), ms);
  }

  /** A token that cannot be had is a connection that cannot be had: tried again later. */
  private async register(command: RegisterCommand, tokens: Tokens): Promise<void> {
    const { opening } = this;
    try {
      const token = await tokens.begin();
      if (opening === this.opening) this.transmit({ ...command, token });
    } catch (error) {
      if (opening !== this.opening) return;
      this.abandon();
      this.dispatch({ type: 'dropped', code: ABNORMAL, reason: `no token: ${String(error)}` });
    }
  }

  private async open(opening: number): Promise<void> {
    const { codec, WebSocket: given } = this.settings;
    const url = this.urls[this.turn++ % this.urls.length] as string;
    try {
      const WebSocket = given ?? (await platformWebSocket());
      // The connection may have been closed, or given up, while `ws` was loading.
      if (opening !== this.opening) return;
      this.socket = new Socket(new WebSocket(url, [codec.subprotocol]), {
        opened: () => this.dispatch({ type: 'opened' }),
        frame: (data) => this.frame(data),
        dropped: (code, reason, retryAfterMs) => this.dropped(code, reason, retryAfterMs),
      });
    } catch (error) {
      this.dispatch({ type: 'dropped', code: ABNORMAL, reason: String(error) });
    }
  }

  /** What one gateway asks for says nothing of the others. */
  private dropped(code: number, reason: string, retryAfterMs?: number): void {
    this.dispatch({ type: 'dropped', code, reason, ...(this.urls.length === 1 && { retryAfterMs }) });
  }

  private abandon(): void {
    this.opening++;
    this.socket?.abandon();
    this.socket = undefined;
  }

  private frame(data: unknown): void {
    const event = this.decode(data);
    if (event) this.dispatch({ type: 'frame', event });
  }

  private decode(data: unknown): ServerEvent | undefined {
    try {
      return this.settings.codec.decode(data instanceof ArrayBuffer ? new Uint8Array(data) : (data as string));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.onOutcome({ do: 'notify', notice: { type: 'fault', reason: `not a frame: ${error.message}` } });
    }
  }
}

const isOver = (phase: Phase): boolean => phase === 'waiting' || phase === 'closing' || phase === 'closed';

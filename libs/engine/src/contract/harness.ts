import type { Engine, EngineSettings, GatewayProcess, LogId, NewConnection, NewEntry } from '../port.js';

/** What a backend brings to the contract suites. */
export interface EngineHarness {
  /** A started engine. */
  start(settings?: Partial<EngineSettings>): Promise<Engine>;
  /** More clients of the same data, where the backend can have several; else the same one several times. */
  clients(engine: Engine, count: number): Promise<readonly Engine[]>;
  /** Returns when the engine's own clock has moved on by `ms` at least. */
  elapse(ms: number): Promise<void>;
  /** Loses all data of the engine as a broken disk would; returns an engine on what is left. */
  loseData(engine: Engine): Promise<Engine>;
  /** Stops all engines that were started. */
  stop(): Promise<void>;
}

let names = 0;

/** An id that no other test uses, with the characters that keys find hardest. */
export function freshId(name: string): string {
  return `${name} {é}%7B:${names++}`;
}

export function inbox(name: string): LogId {
  return { kind: 'inbox', id: freshId(name) };
}

/** A conversation that no other test uses. */
export function conversation(name: string): LogId {
  return { kind: 'conversation', id: freshId(name) };
}

/** An entry of `author`, with an id of the author's if one is given. */
export function written(author: string, text: string, id?: string): NewEntry {
  return { ...entry(text, author, id), author };
}

/** A gateway process whose id is hard on whoever joins and splits ids. */
export function gateway(gatewayId: string, incarnation = 'first'): GatewayProcess {
  return { gatewayId, incarnation };
}

export function entry(text: string, sender?: string, id?: string): NewEntry {
  const body = Buffer.from(text);
  return sender !== undefined && id !== undefined ? { body, idempotency: { sender, id } } : { body };
}

export function bodies(entries: readonly { readonly body: Buffer }[]): string[] {
  return entries.map(({ body }) => body.toString());
}

export function ids(entries: readonly { readonly messageId: number }[]): number[] {
  return entries.map(({ messageId }) => messageId);
}

/** A connection of `userId` on gateway-01, made different by `changes`. */
export function connection(userId: string, connectionId: string, changes: Partial<NewConnection> = {}): NewConnection {
  return { userId, connectionId, gatewayId: 'gateway-01', incarnation: 'first', status: 'online', ...changes };
}

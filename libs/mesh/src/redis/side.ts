import type { ConnectionOptions } from './connection.js';

/** How a carrier connects; every error goes to `onError`. */
export type Connecting = Omit<ConnectionOptions, 'to'>;

export type Published = (error: Error | null | undefined, receivers?: number) => void;

/** Half of a carrier: what sends. It says whether it can by `onTurned`, before it fails what that costs. */
export interface Publisher {
  /** Hands one frame to the broker; `done` hears how many listened. In order for each address; nothing is sent twice. */
  publish(address: string, frame: Buffer, done: Published): void;
  /** A cut cable says nothing; a connection without an answer to this is closed by its socket timeout. */
  ping(): void;
  stop(): Promise<void>;
}

/** The other half: what listens to its addresses for as long as it lives. */
export interface Listener {
  ping(): void;
  stop(): Promise<void>;
}

export interface PublisherEvents {
  onTurned(canSend: boolean): void;
  /** The frames that fail now were refused by the broker for a moment; that says nothing of those whom they were for. */
  onGap(): void;
}

export interface ListenerEvents {
  onTurned(canHear: boolean): void;
  /** It heard on, but not on all addresses for a while. */
  onGap(): void;
  onFrame(frame: Buffer): void;
}

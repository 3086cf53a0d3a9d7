/** What the plain Nest apps say to each other. */
export interface Placed {
  readonly userId: string;
  readonly gateway: string;
}

export interface Message {
  readonly from: string;
  readonly to: string;
  readonly content: string;
  readonly id?: string | undefined;
  readonly timestamp: number;
}

/** Nest's Redis transport: one channel an event, heard by all who handle it; so each gateway has one of its own. */
export const deliverTo = (gateway: string): string => `deliver.${gateway}`;

export const redisOptions = (): { host: string; port: number } => {
  const { hostname, port } = new URL(process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379');
  return { host: hostname, port: Number(port) };
};

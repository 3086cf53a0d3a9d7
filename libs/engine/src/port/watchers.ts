/** One gateway process: a later one of the same id is another. */
export interface GatewayProcess {
  readonly gatewayId: string;
  readonly incarnation: string;
}

/**
 * Which gateways want to be told of a user's status. Contract: an entry per gateway process that nothing done for another process touches;
 * it is gone when it was not added again for the TTL (90 s). A watcher added before a change of status is among those asked for after it,
 * and one added after it finds it by `presence.describe`.
 */
export interface Watchers {
  /** Adds, or extends what is there: idempotent. */
  add(userIds: readonly string[], gateway: GatewayProcess): Promise<void>;
  remove(userIds: readonly string[], gateway: GatewayProcess): Promise<void>;
  of(userId: string): Promise<readonly GatewayProcess[]>;
  /** As `of`, of many users in the order asked. */
  ofEach(userIds: readonly string[]): Promise<readonly (readonly GatewayProcess[])[]>;
}

/** What happened to the engine meanwhile, and with it what else a history may show. */
export interface Conditions {
  /** Retention may have removed entries that somebody had not read. */
  readonly trimmed?: boolean;
  /** The engine's data may have been lost: logs may have begun anew. */
  readonly dataLost?: boolean;
}

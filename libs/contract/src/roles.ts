/** The roles an instance may play in the mesh. */
export const ROLE = { gateway: 'gateway', presence: 'presence', router: 'router' } as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

/** Codes with which a handler refuses over the mesh (`MeshError.remoteCode`). */
export const REFUSAL = {
  /** A mailbox is full; try again after `retryAfterMs`. */
  overloaded: 'overloaded',
  /** The engine is away; try again later. */
  unavailable: 'unavailable',
  /** Not a member of the conversation. */
  forbidden: 'forbidden',
  /** Nobody has ever registered under that name (`RECIPIENTS=known`). */
  unknownRecipient: 'unknown_recipient',
} as const;

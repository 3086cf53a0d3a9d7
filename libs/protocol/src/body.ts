/**
 * A stored message's body: what the sender's gateway packs once, the router and the engine carry unread, and the recipient's gateway
 * unpacks. `messageId` and `timestamp` are not part of it: the log gives them.
 */
export interface MessageBody {
  readonly from: string;
  readonly to?: string;
  readonly conversation?: string;
  readonly kind: string;
  readonly content: string;
  /** The sender's message id. */
  readonly id?: string;
}

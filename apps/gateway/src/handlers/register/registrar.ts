import { Inject, Injectable } from '@nestjs/common';
import { resumes, type InboxPosition, type OpenReply } from '#contract';
import type { Mesh } from '#mesh';
import { ProtocolError, TEXTS, type Ref, type RegisterCommand } from '#protocol';
import { CONFIG, MESH } from '#service';
import type { GatewayConfig } from '../../config.js';
import { Authentication } from '../../auth/authentication.js';
import { PAGE_ENTRIES } from '../../connection/feed.js';
import { Attendance } from '../../connection/attendance.js';
import type { Identity, Session } from '../../dispatch/session.js';
import { Inboxes } from '../../upstream/inboxes.js';
import { protocolError } from '../../upstream/reply.js';

/** What `register` and `auth` bring along. */
export type Registering = Omit<RegisterCommand, 'type' | 'userId'>;

/** The same, and who it says it is; with a token that need not be said. */
export type Claim = Registering & { readonly userId?: string | null };

/**
 * `register` and `auth` (PROTOCOL.md §2, §4.4). The live tail is opened before the backlog is read: first this gateway finds the session under its
 * user, then presence has it (from here on every append reaches it) and says in the same step where it stands in its inbox. What it has missed is
 * read from the log after that; what arrives meanwhile waits.
 */
@Injectable()
export class Registrar {
  constructor(
    private readonly authentication: Authentication,
    private readonly attendance: Attendance,
    private readonly inboxes: Inboxes,
    @Inject(MESH) private readonly mesh: Mesh,
    @Inject(CONFIG) private readonly config: GatewayConfig,
  ) {}

  /** The promise holds back the connection's later frames until it is registered, or is not. */
  register(session: Session, claim: Claim): void | Promise<void> {
    if (this.authentication.required) return this.authenticate(session, claim);
    if (!claim.userId) throw new ProtocolError('WS_INVALID_PAYLOAD', TEXTS.userIdRequired);
    return this.proceed(session, claim.userId, claim);
  }

  private async authenticate(session: Session, claim: Claim): Promise<void> {
    const userId = await this.authentication.authenticate(session, claim);
    if (userId !== undefined) await this.proceed(session, userId, claim);
  }

  private proceed(session: Session, userId: string, command: Registering): void | Promise<void> {
    if (session.identity) return this.repeat(session, session.identity, userId, command);
    return this.enter(session, identityOf(userId, command), command);
  }

  private async enter(session: Session, identity: Identity, command: Registering): Promise<void> {
    session.begin(identity);
    try {
      const position = await this.attendance.enter(arriving(session, identity, command));
      const opened = caughtUp(position, command) ?? (await this.open(identity, command));
      session.admit(opened, () => this.welcome(session, command.ref));
    } catch (cause) {
      session.abandon();
      throw protocolError(cause, TEXTS.registerFailed);
    } finally {
      // Closed while presence was being asked: what the close took back may have been entered after it, by a retry at another owner.
      if (session.closed) this.attendance.leave(attendant(session, identity));
    }
  }

  private open({ userId, device }: Identity, command: Registering): Promise<OpenReply> {
    const epoch = command.epoch ?? undefined;
    const lastMessageId = command.lastMessageId ?? undefined;
    return this.inboxes.open({ userId, device, lastMessageId, epoch, limit: PAGE_ENTRIES });
  }

  /**
   * Registering again as the same user says again what the connection is registered as; its device, cursor and acks stay as they are, since
   * what has been written cannot be unwritten. To register otherwise, connect anew.
   */
  private repeat(session: Session, registered: Identity, userId: string, command: Registering): void {
    if (registered.userId !== userId) throw new ProtocolError('WS_FORBIDDEN', 'Registered as another user');
    this.welcome(session, command.ref);
  }

  private welcome(session: Session, ref: Ref | undefined): void {
    const { identity, registration, connectionId } = session;
    if (!identity || !registration) return;
    const { HEARTBEAT_INTERVAL_MS: intervalMs, HEARTBEAT_TIMEOUT_MS: timeoutMs } = this.config;
    session.reply({
      type: 'registered',
      ref,
      content: 'Successfully registered',
      userId: identity.userId,
      connectionId,
      gatewayId: this.mesh.self.id,
      lastMessageId: registration.lastMessageId,
      epoch: registration.epoch,
      resumed: registration.resumed,
      heartbeat: { intervalMs, timeoutMs },
    });
  }
}

const identityOf = (userId: string, { device, ack }: Registering): Identity => ({
  userId,
  device: device ?? undefined,
  ack: ack ?? 'auto',
});

/** What the router would answer to who has missed nothing: it need not be asked. */
function caughtUp(position: InboxPosition | undefined, { epoch: known }: Registering): OpenReply | undefined {
  if (!position || position.cursor !== position.lastMessageId || !resumes(position, known ?? undefined))
    return undefined;
  const { epoch, lastMessageId, cursor } = position;
  return { epoch, lastMessageId, cursor, resumed: true, entries: [] };
}

const attendant = ({ connectionId }: Session, { userId, device }: Identity) => ({ userId, device, connectionId });

const arriving = ({ connectionId }: Session, { userId, device }: Identity, { lastMessageId }: Registering) => ({
  userId,
  device,
  connectionId,
  lastMessageId: lastMessageId ?? undefined,
});

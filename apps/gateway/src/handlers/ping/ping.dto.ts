import type { PingCommand, Ref } from '#protocol';

/** `ping` (PROTOCOL.md §2). */
export class PingDto implements PingCommand {
  readonly type!: 'ping';
  readonly ref?: Ref;
}

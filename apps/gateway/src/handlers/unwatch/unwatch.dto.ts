import { ArrayMaxSize, IsArray } from 'class-validator';
import type { Ref, UnwatchCommand } from '#protocol';
import { AreIdentifiers } from '../../dispatch/rules.js';

/** `unwatch` (PROTOCOL.md §2). */
export class UnwatchDto implements UnwatchCommand {
  readonly type!: 'unwatch';
  readonly ref?: Ref;

  @IsArray()
  @ArrayMaxSize(500)
  @AreIdentifiers()
  readonly userIds!: readonly string[];
}

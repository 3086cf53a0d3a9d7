import { ArrayMaxSize, IsArray } from 'class-validator';
import type { Ref, WatchCommand } from '#protocol';
import { AreIdentifiers } from '../../dispatch/rules.js';

/** `watch` (PROTOCOL.md §2). */
export class WatchDto implements WatchCommand {
  readonly type!: 'watch';
  readonly ref?: Ref;

  @IsArray()
  @ArrayMaxSize(500)
  @AreIdentifiers()
  readonly userIds!: readonly string[];
}

import { Module } from '@nestjs/common';
import { RouterStats } from '../router-stats.js';
import { Backlog } from './backlog.js';
import { Delivery } from './delivery.js';
import { LogReader } from './log-reader.js';

/** What every kind of log (inboxes, conversations) is written, delivered and read with. */
@Module({
  providers: [RouterStats, Backlog, Delivery, LogReader],
  exports: [RouterStats, Backlog, Delivery, LogReader],
})
export class LogModule {}

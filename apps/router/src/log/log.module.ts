import { Module } from '@nestjs/common';
import { RouterStats } from '../router-stats.js';
import { Admission } from './admission.js';
import { Backlog } from './backlog.js';
import { Delivery } from './delivery.js';
import { LogReader } from './log-reader.js';

const PARTS = [RouterStats, Admission, Backlog, Delivery, LogReader];

/** What every kind of log (inboxes, conversations) is written, delivered and read with. */
@Module({ providers: PARTS, exports: PARTS })
export class LogModule {}

import { Module } from '@nestjs/common';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { Admission } from './admission.js';
import { Attendance } from './attendance.js';
import { AutoAck } from './auto-ack.js';
import { CatchUp } from './catch-up.js';
import { Counters } from './counters.js';
import { Drain } from './drain.js';
import { EdgeGateway } from './edge.gateway.js';
import { Heartbeat } from './heartbeat.js';
import { Registry } from './registry.js';
import { Sessions } from './sessions.js';

@Module({
  imports: [DispatchModule, UpstreamModule],
  providers: [Admission, Attendance, AutoAck, CatchUp, Counters, Drain, EdgeGateway, Heartbeat, Registry, Sessions],
  exports: [Admission, Attendance, Counters, Heartbeat, Registry, Sessions],
})
export class ConnectionModule {}

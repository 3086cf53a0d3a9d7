import { Module } from '@nestjs/common';
import { UpstreamModule } from '../upstream/upstream.module.js';
import { Addresses } from './addresses.js';
import { Overload } from './overload.js';
import { UserPace } from './user-pace.js';

/** What bounds clients, beyond one connection. */
@Module({
  imports: [UpstreamModule],
  providers: [Addresses, Overload, UserPace],
  exports: [Addresses, Overload, UserPace],
})
export class LimitsModule {}

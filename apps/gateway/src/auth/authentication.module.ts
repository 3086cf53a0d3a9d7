import { Module } from '@nestjs/common';
import type { Clock } from '#actor';
import { CLOCK, CONFIG } from '#service';
import type { GatewayConfig } from '../config.js';
import { AuthenticationNumbers } from './authentication-numbers.js';
import { Authentication, TOKENS } from './authentication.js';
import { makeVerifier } from './choose-keys.js';
import { Grants } from './grants.js';

/** Who comes in. */
@Module({
  providers: [
    {
      provide: TOKENS,
      useFactory: (config: GatewayConfig, clock: Clock) => makeVerifier(config, clock),
      inject: [CONFIG, CLOCK],
    },
    Authentication,
    AuthenticationNumbers,
    Grants,
  ],
  exports: [Authentication, Grants],
})
export class AuthenticationModule {}

import { Module } from '@nestjs/common';
import { Sending } from './sending.js';

/** For what sends from within the router. */
@Module({ providers: [Sending], exports: [Sending] })
export class SendingModule {}

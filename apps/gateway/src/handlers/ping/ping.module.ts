import { Module } from '@nestjs/common';
import { PingHandler } from './ping.handler.js';

@Module({ providers: [PingHandler], exports: [PingHandler] })
export class PingModule {}

import { Module } from '@nestjs/common';
import { SubscribeHandler } from './subscribe.handler.js';

@Module({ providers: [SubscribeHandler], exports: [SubscribeHandler] })
export class SubscribeModule {}

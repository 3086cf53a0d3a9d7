import { Module } from '@nestjs/common';
import { ConnectionModule } from '../connection/connection.module.js';
import { DeliveryController } from './delivery.controller.js';

@Module({ imports: [ConnectionModule], controllers: [DeliveryController] })
export class DeliveryModule {}

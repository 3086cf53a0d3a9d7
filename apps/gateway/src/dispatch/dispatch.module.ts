import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Dispatcher } from './dispatcher.js';
import { Routes } from './routes.js';

@Module({ imports: [DiscoveryModule], providers: [Routes, Dispatcher], exports: [Dispatcher] })
export class DispatchModule {}

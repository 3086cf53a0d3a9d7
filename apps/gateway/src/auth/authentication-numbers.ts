import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { Metrics, Stats } from '#service';
import { Authentication } from './authentication.js';
import { Grants } from './grants.js';

/** Authentications by result, and connections that live on a token, in /stats and /metrics. */
@Injectable()
export class AuthenticationNumbers {
  constructor(stats: Stats, metrics: Metrics, { results }: Authentication, grants: Grants) {
    stats.add('authentications', () => Object.fromEntries(results));
    stats.add('tokens', () => grants.size);
    const counter = new Counter({
      name: 'switchboard_gateway_authentications_total',
      help: 'Tokens looked at',
      labelNames: ['result'],
      registers: [],
      collect() {
        this.reset();
        for (const [result, count] of results) this.inc({ result }, count);
      },
    });
    const gauge = new Gauge({
      name: 'switchboard_gateway_tokens',
      help: 'Connections that live on a token',
      registers: [],
      collect() {
        this.set(grants.size);
      },
    });
    for (const metric of [counter, gauge]) metrics.registerMetric(metric);
  }
}

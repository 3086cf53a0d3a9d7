import { Inject, Injectable } from '@nestjs/common';
import { TokenBucket } from 'limiter';
import { ProtocolError } from '#protocol';
import { CONFIG, Metrics, Numbers, Stats } from '#service';
import type { RouterConfig } from '../config.js';

/** After a pause so many seconds' worth of calls may come at once. */
const BURST_SECONDS = 2;

/** How many calls of the server API this router takes per second (`API_RATE_LIMIT`). There is one key, so there is one bucket. */
@Injectable()
export class ApiRate {
  private readonly bucket: TokenBucket | undefined;
  private refused = 0;

  constructor(
    @Inject(CONFIG) { API_RATE_LIMIT: limit }: Pick<RouterConfig, 'API_RATE_LIMIT'>,
    stats: Stats,
    metrics: Metrics,
  ) {
    new Numbers('api', stats, metrics).counter('limited', 'Calls refused for their rate', () => this.refused);
    if (!limit) return;
    this.bucket = new TokenBucket({ bucketSize: BURST_SECONDS * limit, tokensPerInterval: limit, interval: 'second' });
    // It is made empty; but nobody has called yet.
    this.bucket.content = this.bucket.bucketSize;
  }

  /** To be called for a call that has the key, so that whoever has none takes nothing from those who do. Throws `WS_RATE_LIMITED`. */
  demand(): void {
    if (!this.bucket || this.bucket.tryRemoveTokens(1)) return;
    this.refused++;
    throw new ProtocolError('WS_RATE_LIMITED', undefined, Math.max(1, this.bucket.getWaitTime(1)));
  }
}

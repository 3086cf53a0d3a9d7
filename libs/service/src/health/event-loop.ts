import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** How often the lag is measured: each time wakes an idle process. */
export const LAG_RESOLUTION_MS = 50;
const WINDOW_MS = 10_000;

/** How late this process's event loop runs. */
@Injectable()
export class EventLoop implements OnApplicationShutdown {
  private readonly histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  private since = performance.now();

  constructor() {
    this.histogram.enable();
  }

  /** 99th percentile in ms over at most the last ten seconds that somebody asked about. */
  lagMs(): number {
    // The histogram holds whole intervals: on time is LAG_RESOLUTION_MS. It is empty (NaN, or 0) before the first one.
    const lag = Math.max(0, (this.histogram.percentile(99) || 0) / 1e6 - LAG_RESOLUTION_MS);
    if (performance.now() - this.since > WINDOW_MS) {
      this.histogram.reset();
      this.since = performance.now();
    }
    return Math.round(lag);
  }

  onApplicationShutdown(): void {
    this.histogram.disable();
  }
}

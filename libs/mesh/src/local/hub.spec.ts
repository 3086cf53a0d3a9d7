import { LocalCarrier, LocalHub } from '#mesh';
import { describeCarrier } from '../../contract/carrier.suite.js';

let hub: LocalHub;

describeCarrier({
  name: 'local',
  setUp: () => {
    hub = new LocalHub();
    return Promise.resolve();
  },
  make: () => new LocalCarrier(hub),
});

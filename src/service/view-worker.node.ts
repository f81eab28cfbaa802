/** @file The child that draws one view and ends: codecs are fed with what strangers sent, and may crash here. */
import { toWire, type WireError } from '../foley/job-protocol.js';
import { drawView, type View, type ViewTask } from './clip-views.node.js';

export type FromViewChild = { readonly view: View } | { readonly error: WireError };

// only a forked child has a parent to talk to
if (process.send && process.argv.includes('--smooth-foley-view')) {
  process.on('disconnect', () => process.exit(1));
  process.once('message', (task: ViewTask) => {
    drawView(task)
      .then(
        (view): FromViewChild => ({ view }),
        (thrown: unknown): FromViewChild => ({ error: toWire(thrown) }),
      )
      .then((last) => process.send!(last, () => process.exit(0)));
  });
}

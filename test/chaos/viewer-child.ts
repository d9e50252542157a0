/** The program of `ViewerProcess`: attaches viewers as it is told, and tells what they are told. Ends with its parent. */
import type { ViewerNews, ViewerOrder } from './viewer-process.ts';
import { webSocketViewer } from './viewers.ts';
import type { ChaosViewer } from './viewers.ts';

const viewers = new Map<string, ChaosViewer>();

process.on('message', (order: ViewerOrder) => {
  if (order.order === 'leave') {
    viewers.get(order.name)?.leave();
    viewers.delete(order.name);
    return;
  }
  const { name, pauseMs } = order.viewer;
  const viewer = webSocketViewer({ ...order.viewer, pauseMs: () => pauseMs });
  const take = viewer.keeper.take.bind(viewer.keeper);
  viewer.keeper.take = (told) => {
    take(told);
    const news: ViewerNews = { name, told };
    if (told.type !== 'transcript_partial') process.send?.(news);
  };
  viewers.set(name, viewer);
});
process.on('disconnect', () => process.exit(0));

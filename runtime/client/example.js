/** Prints a session to the terminal until it ends: `node example.js ws://HOST/sessions/SLUG/live`. */
import { Viewer } from './viewer.js';

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('Say which session: ws://HOST/sessions/SLUG/live');

const viewer = new Viewer({
  url,
  partials: false,
  listeners: {
    connection: (connection) => console.error(`(${connection})`),
    final: ({ offset, text }) => console.log(`${offset} ${text}`),
    gap: ({ offset, startMs, endMs }) => console.log(`${offset} … ${endMs - startMs} ms not transcribed`),
    missed: (count) => console.error(`${count} records can no longer be had.`),
    end: ({ offset, reason }) => {
      console.log(`${offset} ended: ${reason}`);
      viewer.close();
    },
  },
});

/** `npm run gladia-simulator [-- --port 8099 --key test-key]`: a local Gladia to point `GLADIA_URL` at. Ends on Ctrl-C. */
import { parseArgs } from 'node:util';
import { startGladia } from './simulator.ts';

const PORT = 8099;
const { values, positionals } = parseArgs({
  options: { port: { type: 'string' }, key: { type: 'string', default: 'test-key' } },
  allowPositionals: true,
});
const port = Number(values.port ?? positionals[0] ?? PORT);
if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RangeError('--port must be from 0 to 65535');
const gladia = await startGladia({ port, key: values.key });
process.stdout.write(
  `A simulated Gladia listens.\n  GLADIA_URL=${gladia.url} GLADIA_API_KEY=${gladia.options.key} npm start\n`,
);
process.once('SIGINT', () => void gladia[Symbol.asyncDispose]());

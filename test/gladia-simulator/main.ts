/** `npm run gladia-simulator [PORT]`: a local Gladia to point `GLADIA_URL` at. Ends on Ctrl-C. */
import { startGladia } from './simulator.ts';

const port = Number(process.argv[2] ?? 8099);
const gladia = await startGladia({ port });
process.stdout.write(
  `A simulated Gladia listens.\n  GLADIA_URL=${gladia.url} GLADIA_API_KEY=${gladia.options.key} npm start\n`,
);
process.once('SIGINT', () => void gladia[Symbol.asyncDispose]());

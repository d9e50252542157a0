/**
 * From every state that a chart can reach, a stop ends in a final state within the exact sum of the deadlines on its
 * way, whatever answers or does not, and nothing is left open.
 */
import t from 'tap';
import { proofs } from '../support/proof/deadlines.ts';
import type { NamedProof } from '../support/proof/deadlines.ts';

t.setTimeout(240_000);

/** States that the search must have seen at least, so that a search that sees little cannot pass. */
const statesMin: Record<keyof typeof proofs, number> = {
  process: 30,
  engine: 30,
  viewers: 4,
  aiLease: 40,
  server: 5,
  insights: 20,
  webhooks: 10,
  sessionOfSlowWords: 1_000,
  sessionOfSlowDecoder: 500,
  sessionOfPauses: 300,
  gladia: 50,
};

for (const [name, { prove, sumMs }] of Object.entries<NamedProof>(proofs)) {
  void t.test(`${name}: a stop ends within ${sumMs} ms from everywhere, and leaves nothing`, async (t) => {
    const { states, replays, worst, faults } = await prove();
    t.strictSame(faults, []);
    t.equal(worst.elapsedMs, sumMs, `worst after [${worst.path.join(', ')}]`);
    t.ok(states >= statesMin[name as keyof typeof proofs], `${states} states in ${replays} replays`);
  });
}

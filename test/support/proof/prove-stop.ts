/** The stop proof of one chart, as a test. */
import t from 'tap';
import { proofs } from './deadlines.ts';
import type { NamedProof } from './deadlines.ts';

/** A search of the session's charts takes minutes on a busy machine. */
const SEARCH_MS = 280_000;

/**
 * From every state that the chart can reach, a stop ends in a final state within the exact sum of the deadlines on its
 * way, whatever answers or does not, and nothing is left open.
 *
 * @param statesMin States that the search must have seen at least, so that a search that sees little cannot pass.
 */
export function proveStop(name: keyof typeof proofs, statesMin: number): void {
  const { prove, sumMs }: NamedProof = proofs[name];
  t.setTimeout(SEARCH_MS);
  void t.test(`${name}: a stop ends within ${sumMs} ms from everywhere, and leaves nothing`, async (t) => {
    const { states, replays, worst, faults } = await prove();
    t.strictSame(faults, []);
    t.equal(worst.elapsedMs, sumMs, `worst after [${worst.path.join(', ')}]`);
    t.ok(states >= statesMin, `${states} states in ${replays} replays`);
  });
}

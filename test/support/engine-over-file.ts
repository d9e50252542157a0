/** What the built-in engine makes of PCM that is there at once: the measure for what comes over the network. */
import { startEngine } from './engine-rig.ts';

/** The finals' text over `pcm` (s16le mono 16 kHz), by a fresh engine of this model. */
export async function engineOverFile(pcm: Buffer, model = 'tiny'): Promise<string> {
  await using rig = await startEngine({ model });
  const listening = rig.listen(pcm);
  await listening.finish();
  return listening.text();
}

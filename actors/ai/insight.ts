/** What an insight may be: checked before it becomes a record that everybody gets. */
import { JSON_LEVELS_MAX } from '../json-levels.ts';
import type { AiInsight, AiRefusal } from './port.ts';

/** Bytes of `data` as JSON: with what stands around it, it fits into a viewer's message of 16 KiB. */
export const INSIGHT_DATA_MAX_BYTES = 15_360;

/** Undefined when it can be taken. @param newestOffset Of the newest record that is shown. */
export function insightFault({ upToOffset, data }: AiInsight, newestOffset: number): AiRefusal | undefined {
  if (!Number.isSafeInteger(upToOffset) || upToOffset < 0 || upToOffset > newestOffset) {
    return bad(`upToOffset must be a whole number from 0 to ${newestOffset}, the newest offset.`);
  }
  if (isDeeper(data, JSON_LEVELS_MAX)) return bad(`data must have at most ${JSON_LEVELS_MAX} levels.`);
  const json = JSON.stringify(data) as string | undefined;
  if (json === undefined) return bad('data must be a JSON value.');
  if (Buffer.byteLength(json) > INSIGHT_DATA_MAX_BYTES) {
    return bad(`data must have at most ${INSIGHT_DATA_MAX_BYTES} bytes as JSON.`);
  }
  return undefined;
}

function bad(detail: string): AiRefusal {
  return { code: 'bad_message', detail };
}

/** Are there more levels than `levels`? Looks no deeper. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

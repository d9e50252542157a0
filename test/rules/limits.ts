/** Every limit has a test that names it, and is counted from the start. */
import t from 'tap';
import { limitNames } from '../../actors/limit-names.ts';
import { limitRows } from '../../runtime/limits-table.ts';
import { startTelemetry } from '../../runtime/telemetry.ts';
import { readFiles } from '../support/source-files.ts';

void t.test('every limit is named by a test of its own', async (t) => {
  const tests = [...readFiles(/^test\/.*\.ts$/)].filter(([path]) => path !== 'test/rules/limits.ts');
  for (const name of limitNames) {
    const named = tests.filter(([, text]) => new RegExp(`['\\s.]${name}\\b`).test(text));
    t.ok(named.length > 0, `${name} is named`);
  }
});

void t.test('the table has every limit, in the order of their names', async (t) => {
  t.strictSame(Object.keys(limitRows), [...limitNames]);
});

void t.test('every limit is counted from the start, at 0', async (t) => {
  const telemetry = await startTelemetry({}, { sessionStates: () => [], isReady: () => true });
  t.teardown(() => telemetry.stop());
  telemetry.onLimit('viewer_messages');
  const { resourceMetrics } = await telemetry.store.collect();
  const counted = resourceMetrics.scopeMetrics[0]?.metrics.find(
    ({ descriptor }) => descriptor.name === 'limit_refusals_total',
  );
  const values = new Map(counted?.dataPoints.map(({ attributes, value }) => [attributes['limit'], value]));
  t.strictSame([...values.keys()], [...limitNames]);
  for (const name of limitNames) t.equal(values.get(name), name === 'viewer_messages' ? 1 : 0, name);
});

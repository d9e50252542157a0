/** Dashboard and alerts name metrics that exist, with labels that they have; Prometheus' own tool accepts the rules. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { metricRows } from '../../runtime/telemetry/metrics-table.ts';
import { read } from '../support/docs.ts';
import { projectRoot } from '../support/source-files.ts';

const folder = fileURLToPath(new URL('runtime/operate/', projectRoot));
const known = new Map(
  metricRows.flatMap(([name, { kind, labels }]) => {
    const names = kind === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name];
    return names.map((each) => [each, new Set([...labels, 'instance', 'job', 'le'])] as const);
  }),
);
known.set('up', new Set(['instance', 'job']));

/** Words of the query language that stand where a metric could. */
const LANGUAGE =
  /^(sum|by|le|rate|increase|histogram_quantile|label_values|instance|session|kind|outcome|cause|reason|event|state|limit|scope|code|job)$/;

/** What a query names that there is not. */
function unknownIn(query: string): string[] {
  const bare = query
    .replace(/"[^"]*"/g, '""')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\$\w+/g, '');
  const metrics = [...bare.matchAll(/[a-z_]\w*(?!\w*\()/gi)].map(([word]) => word);
  const unknownMetrics = metrics.filter((word) => !known.has(word) && !LANGUAGE.test(word));
  const unknownLabels = [...bare.matchAll(/(\w+)\{([^}]*)\}/g)].flatMap(([, metric = '', matchers = '']) =>
    [...matchers.matchAll(/(\w+)\s*(?:=|!)/g)].flatMap(([, label = '']) =>
      known.get(metric)?.has(label) === false ? [`${metric}{${label}}`] : [],
    ),
  );
  return [...unknownMetrics, ...unknownLabels];
}

interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
}

const dashboard = JSON.parse(read('runtime/operate/dashboard.json')) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
const alerts = read('runtime/operate/alerts.yml');
const rules = [...alerts.matchAll(/expr: (?:>-\n((?: {10,}.*\n)+)|(.+))/g)].map(
  ([, folded, line]) => folded ?? line ?? '',
);

void t.test('every query of the dashboard and of the alerts names metrics and labels that exist', (t) => {
  t.ok(queries.length > 15);
  t.equal(rules.length, alerts.match(/- alert: /g)?.length);
  for (const query of [...queries, ...rules]) t.strictSame(unknownIn(query), [], query);
  t.strictSame(unknownIn('rate(ws_slow_close_total[5m])'), ['ws_slow_close_total'], 'the rule sees a wrong name');
  t.strictSame(unknownIn('sessions{status="live"} > 0'), ['status', 'sessions{status}'], 'and a wrong label');
  t.end();
});

void t.test('every metric is on the dashboard', (t) => {
  for (const [name] of metricRows)
    t.ok(
      queries.some((query) => query.includes(name)),
      name,
    );
  t.end();
});

void t.test('every alert says what to do', (t) => {
  for (const alert of alerts.split('- alert: ').slice(1)) t.match(alert, /action: \S/);
  t.end();
});

const run = promisify(execFile);
const hasPromtool = await run('promtool', ['--version']).then(
  () => true,
  () => false,
);

void t.test(
  'promtool accepts the rules, and their unit tests pass',
  { skip: !hasPromtool && 'no promtool' },
  async (t) => {
    await run('promtool', ['check', 'rules', 'alerts.yml'], { cwd: folder });
    await run('promtool', ['test', 'rules', 'alerts.test.yml'], { cwd: folder });
    t.pass('both end with 0');
  },
);

/** Which unknown names are taken for a misspelt option. */
import t from 'tap';
import { intendedOption } from '../../runtime/misspelt.ts';
import { optionRows } from '../../runtime/options.ts';

const names = optionRows.map(([name]) => name);

const slips: [slip: string, name: string, intended: string][] = [
  ['a letter too many', 'RTMP_PORTT', 'RTMP_PORT'],
  ['a letter too many at the start', 'XRTMP_PORT', 'RTMP_PORT'],
  ['a letter missing at the end', 'LOG_LEVE', 'LOG_LEVEL'],
  ['a letter missing inside', 'DATADIR', 'DATA_DIR'],
  ['a wrong letter', 'AUTH_SECRED', 'AUTH_SECRET'],
  ['a wrong letter at the start', 'DRANSCRIBER', 'TRANSCRIBER'],
  ['two letters swapped', 'LOCAL_MODLE', 'LOCAL_MODEL'],
  ['two letters swapped at the start', 'HTTP_OHST', 'HTTP_HOST'],
  ['its unit forgotten', 'PUBLISHER_GRACE', 'PUBLISHER_GRACE_MS'],
];

void t.test('one slip is recognised, wherever it is', (t) => {
  for (const [slip, name, intended] of slips) t.equal(intendedOption(name, names), intended, `${slip}: ${name}`);
  t.end();
});

const others = [
  ...['PATH', 'HOME', 'PORT', 'HOST', 'SHELL', 'NODE_ENV', 'DATABASE_URL', 'OTEL_SERVICE_NAME', ''],
  // Two slips.
  ...['RTMP_PROTS', 'LOG_LVL', 'TRAMSCRIBRE'],
  // Of gettext.
  'LANGUAGE',
  // A part of a name without its unit.
  'HEARTBEAT',
];

void t.test('names that are further off are left alone', (t) => {
  for (const name of others) t.equal(intendedOption(name, names), undefined, name);
  t.end();
});

void t.test('no option is taken for another', (t) => {
  for (const name of names) t.equal(intendedOption(name, names), undefined, name);
  t.end();
});

/** The query of an overlay's address: what it may ask for, and what it is told when it asks for something else. */
import t from 'tap';
import { readOverlayOptions } from '../../runtime/web/overlay-options.js';

const read = (query: string) => readOverlayOptions(new URLSearchParams(query));
const usual = { size: 48, lines: 2, delayMs: 0, align: 'center', color: 'white', languages: [] };

void t.test('without a query an overlay has two lines in white, in the middle, at once', (t) => {
  t.strictSame(read(''), usual);
  t.end();
});

void t.test('every option is taken up to its bounds', (t) => {
  for (const [query, wanted] of [
    ['size=12', { size: 12 }],
    ['size=200', { size: 200 }],
    ['lines=1', { lines: 1 }],
    ['lines=6', { lines: 6 }],
    ['delayMs=60000', { delayMs: 60_000 }],
    ['align=left', { align: 'left' }],
    ['align=right', { align: 'right' }],
    ['color=fc0', { color: '#fc0' }],
    ['color=%23FFCC00', { color: '#FFCC00' }],
    ['color=ffcc0080', { color: '#ffcc0080' }],
    ['color=yellow', { color: 'yellow' }],
    ['language=FR', { languages: ['fr'] }],
    ['language=en,yue', { languages: ['en', 'yue'] }],
    ['unknown=1', {}],
  ] as const) {
    t.strictSame(read(query), { ...usual, ...wanted }, query);
  }
  t.end();
});

void t.test('what makes no sense is refused with its name and what it has to be', (t) => {
  for (const [query, named] of [
    ['size=11', /^size must be a whole number of pixels from 12 to 200\.$/],
    ['size=201', /^size /],
    ['size=1e2', /^size /],
    ['size=', /^size /],
    ['lines=0', /^lines must be .* from 1 to 6\.$/],
    ['delayMs=-1', /^delayMs must be .* milliseconds/],
    ['align=middle', /^align must be one of left, center, right\.$/],
    ['color=red;background:url(x)', /^color must be hexadecimal/],
    ['color=12345', /^color /],
    ['language=english', /^language must be a code/],
    ['language=en,fr,de', /^language /],
    ['language=en,en', /^language /],
  ] as const) {
    t.match(read(query), { fault: named }, query);
  }
  t.end();
});

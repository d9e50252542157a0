/** How many connections a process of few file descriptors takes: fewer with each session, fewest of strangers. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { PUBLISHERS_ONLY } from '../../runtime/descriptors.ts';

const LIMIT = 256;
const SESSIONS = 10;
/** What a session opens besides its publisher's connection. */
const PER_SESSION = 5;
const skip = process.platform === 'win32' && 'there is no ulimit';

const program = `
  import { Socket } from 'node:net';
  const { Descriptors } = await import(${JSON.stringify(new URL('../../runtime/descriptors.ts', import.meta.url).href)});
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const taken = (sessions, kind) => {
    const descriptors = new Descriptors({ sessions: () => sessions, log });
    let count = 0;
    while (descriptors[kind](new Socket())) count += 1;
    return count;
  };
  const counts = [taken(0, 'admitsPublisher'), taken(${SESSIONS}, 'admitsPublisher'), taken(0, 'admitsOther')];
  console.log(JSON.stringify(counts));`;

void t.test(
  'each session keeps what it needs, and publishers have places that nobody else gets',
  { skip },
  async (t) => {
    const command = `ulimit -n ${LIMIT}; exec "$0" --input-type=module --eval "$1"`;
    const { stdout } = await promisify(execFile)('sh', ['-c', command, process.execPath, program]);
    const [free = NaN, withSessions, ofOthers] = JSON.parse(stdout) as number[];
    t.ok(free > PUBLISHERS_ONLY && free < LIMIT * 0.8, `${free} of ${LIMIT}`);
    t.equal(withSessions, free - SESSIONS * PER_SESSION);
    t.equal(ofOthers, free - PUBLISHERS_ONLY);
  },
);

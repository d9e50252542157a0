import t from 'tap';
import { runCaptiond } from '../harness.ts';

t.setTimeout(300_000);

void t.test(
  'the demo captions recorded speech without a key, an encoder or any configuration, and ends on Ctrl-C',
  { timeout: 120_000 },
  async (t) => {
    await using program = runCaptiond(['demo'], { RTMP_PORT: '', HTTP_PORT: '', ADMIN_PORT: '' });
    const [, page = ''] = await program.printed(/watch\s+(http:\/\/127\.0\.0\.1:\d+\/watch\/demo)/);
    const answer = await fetch(page);
    t.equal(answer.status, 200);
    t.match(answer.headers.get('content-type'), /text\/html/);
    const [, inspector = ''] = await program.printed(/inspect\s+(http:\/\/\S+\/inspect)/);
    t.equal((await fetch(inspector)).status, 200);
    await program.printed(/country can do for you/i);
    program.child.kill('SIGINT');
    t.strictSame(await program.exited, { code: 0, signal: null });
  },
);

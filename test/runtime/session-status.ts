/** How the home page names what a session does. */
import t from 'tap';
import { sessionStatus } from '../../runtime/web/status.js';

void t.test('a session whose publisher sends no audio is no usual live one', (t) => {
  t.match(sessionStatus('live', 'flowing'), { words: 'Live', tone: 'live' });
  t.match(sessionStatus('live', 'silent'), { words: /no audio/, tone: 'warn' });
  t.match(sessionStatus('transcriber_lost', 'silent'), { words: /no audio/ }, 'it is the publisher who can help');
  t.match(sessionStatus('publisher_lost', 'none'), { words: 'Publisher away', tone: 'warn' });
  t.match(sessionStatus('awaiting', 'none'), { tone: 'quiet' });
  t.end();
});

import t from 'tap';
import type { AudioTag, PublisherConnection } from '../../actors/ports.ts';
import { PublisherSlot } from '../../runtime/publisher-slot.ts';

function fixture() {
  const told: string[] = [];
  const heard: number[] = [];
  const slot = new PublisherSlot({
    intake: {
      audio: (tag: AudioTag) => void heard.push(tag.timestampMs),
      publisherChanged: () => void told.push('clock'),
    },
    nowMs: () => 0,
    onAttached: () => void told.push('attached'),
    onLost: () => void told.push('lost'),
    onEnded: () => void told.push('ended'),
  });
  return { slot, told, heard };
}

function connection(name: string, told: string[]): PublisherConnection {
  return { remoteAddress: name, disconnect: (reason) => void told.push(`${name}: ${reason}`) };
}

const tag = (timestampMs: number): AudioTag => ({
  codec: 'aac',
  timestampMs,
  config: false,
  body: Buffer.of(0xaf, 1, 0),
});

void t.test('a publisher that vanishes is lost, one that says goodbye has ended', async (t) => {
  const { slot, told } = fixture();
  slot.attach(connection('a', told), undefined).closed({ orderly: false, reason: 'reset' });
  slot.attach(connection('b', told), undefined).closed({ orderly: true, reason: 'FCUnpublish' });
  t.strictSame(told, ['clock', 'attached', 'lost', 'clock', 'attached', 'ended']);
  t.equal(slot.returns, 1);
});

void t.test('a takeover cuts the older connection, whose audio and end no longer count', async (t) => {
  const { slot, told, heard } = fixture();
  const first = slot.attach(connection('a', told), 'k');
  first.audio(tag(1));
  const second = slot.attach(connection('b', told), 'k');
  first.audio(tag(2));
  first.closed({ orderly: true, reason: 'late' });
  second.audio(tag(3));
  t.strictSame(heard, [1, 3]);
  t.strictSame(told, ['clock', 'attached', 'clock', 'a: Another publisher with the same credential has taken over.']);
  t.equal(slot.remoteAddress, 'b');
  t.ok(slot.hasCredential('k'));
  t.notOk(slot.hasCredential('other'));
});

void t.test('a disconnected publisher is told why and is not reported as lost', async (t) => {
  const { slot, told } = fixture();
  const sink = slot.attach(connection('a', told), undefined);
  slot.disconnect('The session has ended.');
  sink.closed({ orderly: false, reason: 'closed' });
  slot.disconnect('again');
  t.strictSame(told, ['clock', 'attached', 'a: The session has ended.']);
  t.notOk(slot.taken);
});

/** Which addresses the server's own requests may go to. */
import t from 'tap';
import { kindOf, mayReach } from '../../../runtime/outgoing/reach.ts';
import type { AddressKind } from '../../../runtime/outgoing/reach.ts';

const kinds: Record<AddressKind, string[]> = {
  public: ['93.184.216.34', '8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:2800:220:1::1', '::ffff:8.8.8.8'],
  loopback: ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:127.0.0.1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd00::1', '::ffff:10.0.0.1'],
  never: [
    ...['169.254.169.254', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', 'fe80::1', 'fd00:ec2::254', '0.0.0.0', '::'],
    ...['224.0.0.1', '255.255.255.255', 'ff02::1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:1::1'],
    ...['198.18.0.1', '192.0.2.1', '2001:db8::1', '', 'localhost', '127.1', '0x7f000001', '[::1]'],
  ],
};

void t.test('an address is what its range says, in every spelling', (t) => {
  for (const [kind, addresses] of Object.entries(kinds)) {
    for (const address of addresses) t.equal(kindOf(address), kind, `${address} is ${kind}`);
  }
  t.end();
});

void t.test('a stranger reaches public addresses alone, whatever the host is called', (t) => {
  for (const host of ['hook.example', 'localhost', '127.0.0.1', 'auth', '10.0.0.1']) {
    t.ok(mayReach('93.184.216.34', host, 'stranger'));
    for (const inside of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::ffff:127.0.0.1', 'fd00::1']) {
      t.notOk(mayReach(inside, host, 'stranger'), `${host} → ${inside}`);
    }
  }
  t.end();
});

void t.test("an operator's host reaches the kind of network that it names, and no other", (t) => {
  const ways: [host: string, address: string, may: boolean][] = [
    ['localhost', '127.0.0.1', true],
    ['localhost', '::1', true],
    ['localhost', '10.0.0.1', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['10.1.2.3', '10.1.2.3', true],
    ['auth', '172.18.0.2', true],
    ['auth', '127.0.0.1', false],
    ['auth.captions.internal', '10.0.0.9', true],
    ['metadata.google.internal', '169.254.169.254', false],
    ['169.254.169.254', '169.254.169.254', false],
    ['hook.example', '93.184.216.34', true],
    ['hook.example', '127.0.0.1', false],
    ['hook.example', '10.0.0.1', false],
    ['hook.example', '::ffff:192.168.0.1', false],
    ['internal.example', '10.0.0.1', false],
  ];
  for (const [host, address, may] of ways) t.equal(mayReach(address, host, 'operator'), may, `${host} → ${address}`);
  t.end();
});
